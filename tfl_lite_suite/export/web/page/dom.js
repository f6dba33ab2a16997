// The page's elements, its texts and its messages.

import { PageError } from './runtime.js';
import { text } from './strings.js';

/**
 * Returns an element that the page has.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function element(id) {
  return /** @type {T} */ (document.getElementById(id));
}

/**
 * Says a thing of `strings.js` in an element, also after a change of language.
 * @param {HTMLElement} target
 * @param {string} key
 */
export function say(target, key) {
  target.dataset.text = key;
  target.textContent = text(key);
}

/**
 * Writes what an element says by itself, such as a class's name.
 * @param {HTMLElement} target
 * @param {string} content
 */
export function write(target, content) {
  delete target.dataset.text;
  if (target.textContent !== content) {
    target.textContent = content;
  }
}

/**
 * Says every text in the present language.
 * @param {ParentNode} [root]
 */
export function translate(root = document) {
  for (const found of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-text]'))) {
    found.textContent = text(found.dataset.text ?? '');
  }
  for (const found of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-label]'))) {
    found.setAttribute('aria-label', text(found.dataset.label ?? ''));
  }
}

/**
 * Tells the user what went wrong; with `null` takes the message away.
 * @param {unknown} error
 */
export function tell(error) {
  const box = element('message');
  box.hidden = error === null;
  if (error !== null) {
    const known = error instanceof PageError ? error : new PageError('unknown_error', String(error));
    box.dataset.key = known.key;
    box.textContent = known.detail ? `${text(known.key)} (${known.detail})` : text(known.key);
    console.warn(error);
  }
}

/**
 * Returns what was chosen on an earlier visit; nothing where the browser keeps nothing, as in some private windows.
 * @param {string} key
 */
export function kept(key) {
  try {
    return localStorage.getItem(`tfl_lite_suite.${key}`);
  } catch {
    return null;
  }
}

/**
 * Keeps a choice for later visits, where the browser does.
 * @param {string} key
 * @param {string} value
 */
export function keep(key, value) {
  try {
    localStorage.setItem(`tfl_lite_suite.${key}`, value);
  } catch {
    // It then lasts as long as the page.
  }
}

/**
 * Fills a list of names and values.
 * @param {HTMLElement} list
 * @param {[string, string][]} rows The key of each name, and the value.
 */
export function facts(list, rows) {
  list.replaceChildren(
    ...rows.flatMap(([key, value]) => {
      const name = document.createElement('dt');
      const data = document.createElement('dd');
      say(name, key);
      data.textContent = value;
      return [name, data];
    }),
  );
}

/** @param {number} value */
export function milliseconds(value) {
  return text('ms', value < 10 ? value.toFixed(2) : value.toFixed(1));
}

/**
 * Makes an element of a drawing.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
export function shape(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, String(value));
  }
  return made;
}

/**
 * Gives a picture its place and draws the frame around the part that the model sees.
 * @param {HTMLElement} stage
 * @param {{height: number, width: number}} picture
 * @param {{top: number, left: number, height: number, width: number}} part Shares of the picture.
 */
export function frame(stage, picture, part) {
  stage.style.setProperty('--aspect', String(picture.width / picture.height));
  const seen = /** @type {HTMLElement} */ (stage.querySelector('.seen'));
  for (const [side, share] of Object.entries(part)) {
    seen.style.setProperty(side, `${100 * share}%`);
  }
}
