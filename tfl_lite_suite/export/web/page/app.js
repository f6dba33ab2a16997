// Starts the page, and changes screen and language.

import { benchmark } from './benchmark.js';
import { BenchmarkScreen } from './benchmark_screen.js';
import { Camera } from './camera.js';
import { encode } from './contract.js';
import { scoresOf } from './decision.js';
import { element, keep, kept, tell, translate, write } from './dom.js';
import { offerChoice, runsOn, showModel, wanted } from './model_screen.js';
import { keepOffline } from './offline.js';
import { Picture } from './picture.js';
import { Model, read, readDescription } from './runtime.js';
import { current, use } from './strings.js';

const LANGUAGE = 'language';
const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role="tab"]')]);
/** @type {{model: Model, camera: Camera, picture: Picture, measuring: BenchmarkScreen} | null} */
let app = null;

async function begin() {
  const description = await readDescription();
  write(element('title'), description.name);
  document.title = `${description.name} · TFL Lite Suite`;
  const model = await Model.open(description, wanted());
  app = { model, camera: new Camera(model), picture: new Picture(model), measuring: new BenchmarkScreen(model) };
  for (const id of ['camera_start', 'file', 'measure']) {
    element(id).removeAttribute('disabled');
  }
  offerChoice();
  speak();
  return model;
}

/** Says everything in the present language. */
function speak() {
  document.documentElement.lang = current() === 'zh' ? 'zh-CN' : 'en';
  element('language').lang = current() === 'zh' ? 'en' : 'zh';
  translate();
  const button = element('language');
  write(button, current() === 'zh' ? 'English' : '中文');
  if (app) {
    const { runtime } = app.model.description;
    write(element('status'), `${runtime.name} ${runtime.version} · ${runsOn(app.model)}`);
    showModel(app.model);
    app.measuring.show();
    app.camera.results.again();
    app.picture.results.again();
  }
}

/**
 * Shows a screen; the camera ends when another comes.
 * @param {HTMLElement} chosen Its tab.
 */
function show(chosen) {
  for (const tab of tabs) {
    const on = tab === chosen;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    element(tab.getAttribute('aria-controls') ?? '').hidden = !on;
  }
  if (app) {
    tell(null);
    app.camera.stop();
    app.measuring.running?.abort();
  }
}

/**
 * Goes through the tabs by the arrow keys, as screen readers say.
 * @param {KeyboardEvent} event
 */
function goByKey(event) {
  const place = tabs.indexOf(/** @type {HTMLElement} */ (event.target));
  const steps = /** @type {Record<string, number>} */ ({ ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 });
  if (place >= 0 && event.key in steps) {
    const tab = tabs.at(steps[event.key] % tabs.length);
    tab?.focus();
    tab?.click();
    event.preventDefault();
  }
}

function changeLanguage() {
  use(current() === 'zh' ? 'en' : 'zh');
  keep(LANGUAGE, current());
  speak();
}

/** @param {() => void} reload */
function offerUpdate(reload) {
  element('update').hidden = false;
  element('reload').addEventListener('click', reload);
}

use((kept(LANGUAGE) ?? navigator.language).startsWith('zh') ? 'zh' : 'en');
speak();
tabs.forEach((tab) => tab.addEventListener('click', () => show(tab)));
element('language').addEventListener('click', changeLanguage);
document.querySelector('[role="tablist"]')?.addEventListener('keydown', (event) => goByKey(/** @type {KeyboardEvent} */ (event)));

const ready = keepOffline(offerUpdate).then(begin);
ready.catch((error) => {
  write(element('status'), '');
  tell(error);
});

/** For programs that drive the page, as `benchmark --target=browser` does. */
Object.assign(globalThis, {
  tflLiteSuite: {
    ready,
    /**
     * Measures; see `benchmark.js`.
     * @param {import('./benchmark.js').Settings & {threads: number}} settings
     */
    async benchmark(settings) {
      const model = await ready;
      const { choice } = model;
      if (settings.threads !== choice.threads) {
        if (choice.variant !== 'threaded') {
          throw new Error(`--threads: this browser runs the page on one thread. Received: ${settings.threads}`);
        }
        await model.compile(settings.threads);
      }
      return benchmark(model, settings, () => {});
    },
    /**
     * Returns the scores of prepared pictures, float32 one after another, in base64.
     * @param {string} name The file with their pixels.
     * @param {number} count
     */
    async scores(name, count) {
      const model = await ready;
      const { input, output } = model.description;
      const pixels = await read(name, 'picture_failed');
      const size = pixels.length / count;
      const found = new Float32Array(count * output.classes);
      for (let place = 0; place < count; place++) {
        const { raw } = await model.run(encode(pixels.subarray(place * size, (place + 1) * size), input));
        found.set(Float32Array.from(scoresOf(raw, output)), place * output.classes);
      }
      return base64(new Uint8Array(found.buffer));
    },
  },
});

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = '';
  for (let place = 0; place < bytes.length; place += 32768) {
    text += String.fromCharCode(...bytes.subarray(place, place + 32768));
  }
  return btoa(text);
}
