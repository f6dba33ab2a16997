// The picture screen: a file that is picked, dropped or pasted.

import { classify } from './classifier.js';
import { seenPart } from './contract.js';
import { element, frame, tell } from './dom.js';
import { decode } from './pixels.js';
import { Results } from './results.js';

/** @typedef {import('./runtime.js').Model} Model */

const MOST_SHOWN = 1280;

/** One picture and its answer. */
export class Picture {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.results = new Results(element('picture_panel'), model.description.labels, false);
    const input = /** @type {HTMLInputElement} */ (element('file'));
    input.addEventListener('change', () => {
      this.open(input.files);
      input.value = '';
    });
    const screen = element('picture');
    screen.addEventListener('dragover', (event) => {
      event.preventDefault();
      screen.classList.add('dropping');
    });
    screen.addEventListener('dragleave', () => screen.classList.remove('dropping'));
    screen.addEventListener('drop', (event) => {
      event.preventDefault();
      screen.classList.remove('dropping');
      this.open(event.dataTransfer?.files);
    });
    document.addEventListener('paste', (event) => screen.hidden || this.open(event.clipboardData?.files));
  }

  /** @param {FileList | null | undefined} files */
  async open(files) {
    if (!files?.length) {
      return;
    }
    tell(null);
    try {
      const picture = await decode(files[0]);
      this.#show(picture.bitmap);
      const result = await classify(this.model, picture);
      this.results.show(result, result.answer.answered);
    } catch (error) {
      element('picture_stage').hidden = true;
      tell(error);
    }
  }

  /** @param {ImageBitmap} bitmap */
  #show(bitmap) {
    const shown = /** @type {HTMLCanvasElement} */ (element('shown'));
    const scale = Math.min(1, MOST_SHOWN / Math.max(bitmap.width, bitmap.height));
    shown.width = Math.max(1, Math.round(bitmap.width * scale));
    shown.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = shown.getContext('2d');
    context?.drawImage(bitmap, 0, 0, shown.width, shown.height);
    frame(element('picture_stage'), bitmap, seenPart(bitmap.height, bitmap.width, this.model.description.contract));
    element('picture_stage').hidden = false;
  }
}
