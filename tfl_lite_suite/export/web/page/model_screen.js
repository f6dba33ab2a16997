// The model screen: what the file says of itself, and on what it runs.

import { element, facts, keep, kept } from './dom.js';
import { current, text } from './strings.js';

/** @typedef {import('./runtime.js').Model} Model */
/** @typedef {import('./runtime.js').Wanted} Wanted */

const WANTED = 'runs_on';
const MOST_CLASSES = 12;

/**
 * What the user wants the model to run on: what the address says, or was chosen before.
 * @returns {Wanted}
 */
export function wanted() {
  const found = new URLSearchParams(location.search).get('accelerator') ?? kept(WANTED);
  return found === 'webgpu' || found === 'wasm' ? found : 'auto';
}

/** Lets the user choose; the page is opened anew, with the build of LiteRT.js that the choice needs. */
export function offerChoice() {
  const select = /** @type {HTMLSelectElement} */ (element('wanted'));
  select.value = wanted();
  select.disabled = false;
  select.addEventListener('change', () => {
    keep(WANTED, select.value);
    location.replace(`?accelerator=${select.value}`);
  });
}

/**
 * Says on what a model runs.
 * @param {Model} model
 */
export function runsOn({ choice }) {
  if (choice.accelerator === 'webgpu') {
    return text('gpu');
  }
  return choice.threads > 1 ? text('threads', choice.threads) : text('one_thread');
}

/** @param {Model} model */
export function showModel(model) {
  const { source, runtime, input, contract, labels } = model.description;
  const bytes = new Intl.NumberFormat(current()).format(source.bytes);
  const sizes = [contract.resize_width, contract.resize_height, contract.width, contract.height];
  const names = labels.slice(0, MOST_CLASSES).join(', ') + (labels.length > MOST_CLASSES ? ', …' : '');
  facts(element('facts'), [
    ['model_file', `${source.file}, ${bytes} B`],
    ['runs_on', runsOn(model)],
    ['model_runtime', `${runtime.name} ${runtime.version}, ${model.choice.variant}`],
    ['model_input', `${input.shape.join(' × ')} ${input.dtype}`],
    [
      'model_preparation',
      text(contract.fit === 'crop' ? 'model_fit_crop' : 'model_fit_stretch', ...sizes) +
        (contract.contrast === 'stretch' ? text('model_contrast') : ''),
    ],
    ['model_classes', text('model_classes_value', labels.length, names)],
  ]);
}
