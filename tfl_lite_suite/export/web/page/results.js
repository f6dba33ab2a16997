// The panel with the answer, the most probable classes and the times.

import { ranked } from './classifier.js';
import { element, milliseconds, say, shape, translate, write } from './dom.js';

/** @typedef {import('./classifier.js').Result} Result */

const SHOWN = 3;

/** The results of one screen. */
export class Results {
  /**
   * @param {HTMLElement} panel
   * @param {string[]} labels
   * @param {boolean} withFrames Whether frames are counted.
   */
  constructor(panel, labels, withFrames) {
    const template = /** @type {HTMLTemplateElement} */ (element('results'));
    panel.replaceChildren(template.content.cloneNode(true));
    this.labels = labels;
    this.panel = panel;
    /** @type {Parameters<Results['show']> | null} */
    this.shown = null;
    this.answer = /** @type {HTMLElement} */ (panel.querySelector('.answer'));
    this.list = /** @type {HTMLElement} */ (panel.querySelector('.ranked'));
    /** @type {HTMLElement} */ (panel.querySelector('.frames')).hidden = !withFrames;
    translate(panel);
  }

  /**
   * Shows a result.
   * @param {Result} result
   * @param {number[]} answered The classes answered; of a video what its frames agree on.
   * @param {number} [frames] Frames a second.
   */
  show(result, answered, frames) {
    this.shown = [result, answered, frames];
    this.answer.classList.toggle('none', !answered.length);
    if (answered.length) {
      write(this.answer, answered.map((index) => this.labels[index]).join(', '));
    } else if (this.answer.dataset.text !== 'none_of_these') {
      say(this.answer, 'none_of_these');
    }
    const { probabilities } = result.answer;
    this.list.replaceChildren(...ranked(result.answer, SHOWN).map((index) => this.#row(index, probabilities[index])));
    for (const [stage, time] of Object.entries(result.milliseconds)) {
      this.#time(stage, milliseconds(time));
    }
    this.#time('frames', frames === undefined ? '–' : frames.toFixed(1));
  }

  /** Shows the same again, in the present language. */
  again() {
    if (this.shown) {
      this.show(...this.shown);
    }
  }

  /**
   * @param {number} index
   * @param {number} probability
   */
  #row(index, probability) {
    const row = document.createElement('li');
    const name = document.createElement('span');
    const share = document.createElement('span');
    name.className = 'name';
    share.className = 'share';
    name.textContent = this.labels[index];
    share.textContent = `${(100 * probability).toFixed(1)} %`;
    const bar = shape('svg', { 'aria-hidden': 'true', viewBox: '0 0 100 1', preserveAspectRatio: 'none' });
    bar.append(shape('rect', { width: 100 * (probability || 0), height: 1 }));
    row.append(name, share, bar);
    return row;
  }

  /**
   * @param {string} stage
   * @param {string} content
   */
  #time(stage, content) {
    const found = this.panel.querySelector(`[data-time="${stage}"]`);
    if (found) {
      found.textContent = content;
    }
  }
}
