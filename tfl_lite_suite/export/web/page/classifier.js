// From pixels to an answer, each step timed.

import { encode, flatten, prepare } from './contract.js';
import { decide, scoresOf } from './decision.js';

/** @typedef {import('./decision.js').Answer} Answer */
/** @typedef {import('./runtime.js').Model} Model */

/**
 * @typedef {object} Result
 * @property {Answer} answer
 * @property {{preprocessing: number, inference: number, postprocessing: number}} milliseconds
 */

/**
 * Classifies a picture.
 * @param {Model} model
 * @param {{rgba: Uint8Array | Uint8ClampedArray, height: number, width: number}} picture
 * @returns {Promise<Result>}
 */
export async function classify(model, picture) {
  const { input, output, contract, decision } = model.description;
  const begin = performance.now();
  const pixels = flatten(picture.rgba, picture.height, picture.width, contract.channels);
  const tensor = encode(prepare(pixels, contract), input);
  const prepared = performance.now();
  const { raw, milliseconds } = await model.run(tensor);
  const scored = performance.now();
  const answer = decide(decision, scoresOf(raw, output));
  const postprocessing = performance.now() - scored;
  return { answer, milliseconds: { preprocessing: prepared - begin, inference: milliseconds, postprocessing } };
}

/**
 * Returns the classes with the highest probabilities; of equal ones the lowest index comes first.
 * @param {Answer} answer
 * @param {number} count
 */
export function ranked(answer, count) {
  const { probabilities } = answer;
  return [...probabilities.keys()]
    .sort((one, other) => probabilities[other] - probabilities[one] || one - other)
    .slice(0, count);
}
