// Measures the model in this browser; the document is that of `python -m tfl_lite_suite.benchmark`
// (docs/benchmark_schema.md).

import { classify } from './classifier.js';
import { encode } from './contract.js';
import { median, randomNumbers, summarise, unsteadiness } from './statistics.js';
import { measure, warmUp } from './timing.js';

/** @typedef {import('./runtime.js').Model} Model */

/**
 * @typedef {object} Settings
 * @property {number} runs Least number of timed inferences.
 * @property {number} min_seconds Least time over which to go on.
 * @property {number} seed
 */

const PICTURE_SIZE = [480, 640];
const STAGE_RUNS = 10;
const LEAST_WARMUP_SECONDS = 0.2;
// Times of less than so many steps of the clock are coarse.
const FINE_STEPS = 50;

/**
 * Measures.
 * @param {Model} model
 * @param {Settings} settings
 * @param {(done: number, all: number) => void} progress Told 0 of 0 while it warms up.
 * @param {AbortSignal} [signal]
 */
export async function benchmark(model, settings, progress, signal) {
  const { input } = model.description;
  const random = randomNumbers(settings.seed);
  const data = encode(noise(model.blank().length, random), input);
  const run = async () => (await model.run(data)).milliseconds;
  let hidden = document.hidden;
  const watch = () => (hidden ||= document.hidden);
  document.addEventListener('visibilitychange', watch);
  try {
    progress(0, 0);
    const warm = await warmUp(run, Math.max(LEAST_WARMUP_SECONDS, settings.min_seconds), signal);
    const told = (/** @type {number} */ done) => progress(done, settings.runs);
    const measured = await measure(run, settings.runs, settings.min_seconds, told, signal);
    const times = measured.map((time) => Math.round(1e6 * time) / 1e6);
    const stages = await stagesOf(model, random);
    return documentOf(model, settings, { warm, times, stages, hidden });
  } finally {
    document.removeEventListener('visibilitychange', watch);
  }
}

/**
 * @param {number} length
 * @param {() => number} random
 */
function noise(length, random) {
  return Uint8Array.from({ length }, () => Math.floor(256 * random()));
}

/**
 * Times what stands before and behind an inference.
 * @param {Model} model
 * @param {() => number} random
 */
async function stagesOf(model, random) {
  const [height, width] = PICTURE_SIZE;
  const rgba = noise(height * width * 4, random).map((value, place) => (place % 4 === 3 ? 255 : value));
  /** @type {import('./classifier.js').Result['milliseconds'][]} */
  const found = [];
  for (let run = 0; run <= STAGE_RUNS; run++) {
    found.push((await classify(model, { rgba, height, width })).milliseconds);
  }
  const of = (/** @type {'preprocessing' | 'postprocessing'} */ stage) =>
    median(found.slice(1).map((times) => times[stage]));
  return { preprocessing: of('preprocessing'), postprocessing: of('postprocessing') };
}

/**
 * @param {Model} model
 * @param {Settings} settings
 * @param {{warm: {runs: number, steady: boolean}, times: number[], stages: {preprocessing: number,
 *     postprocessing: number}, hidden: boolean}} found
 */
function documentOf(model, settings, { warm, times, stages, hidden }) {
  const { description, choice, startMs } = model;
  const latency = summarise(times, settings.seed);
  const clock = clockStep();
  const reasons = hidden ? ['the page was not in front all the time. Keep it in front and measure again'] : [];
  const remarks = unsteadiness(times);
  if (!warm.steady) {
    remarks.push(`latency was not steady after ${warm.runs} warm-up runs. Raise the runs`);
  }
  if (latency.p50 < FINE_STEPS * clock) {
    remarks.push(
      `the browser's clock has steps of ${clock.toPrecision(2)} ms, which is coarse for these times` +
        (globalThis.crossOriginIsolated ? '' : '. A server that sends COOP and COEP headers makes it finer'),
    );
  }
  return {
    model: description.source.file,
    engine: 'litert_js',
    engine_version: description.runtime.version,
    kernels: choice.accelerator === 'webgpu' ? 'gpu' : 'default',
    device: device(),
    target: 'browser',
    threads: choice.threads,
    input: { shape: description.input.shape, dtype: description.input.dtype },
    warmup_runs: warm.runs,
    runs: times.length,
    latency_ms: latency,
    frames_per_s: 1000 / latency.p50,
    stages_ms: { ...stages, inference: latency.p50, picture: PICTURE_SIZE },
    ...start(startMs),
    peak_rss_bytes: null,
    arena_bytes: null,
    model_bytes: description.source.bytes,
    energy_j: null,
    energy_method: null,
    load: { others: null, waiting: null, steal: null },
    valid: !reasons.length,
    warnings: [...reasons, ...remarks],
    seed: settings.seed,
    raw_ms: times,
    raw_ns: times.map((time) => Math.round(1e6 * time)),
    browser: {
      user_agent: navigator.userAgent,
      build: choice.variant,
      isolated: Boolean(globalThis.crossOriginIsolated),
      clock_step_ms: clock,
    },
  };
}

/**
 * Returns the cold start: from the opening of the page to the first result.
 * @param {{begin: number, runtime: number, model: number, first_inference: number}} parts
 */
function start({ begin, ...parts }) {
  const all = { process: begin, ...parts };
  return { cold_start_ms: Object.values(all).reduce((sum, part) => sum + part), cold_start_parts_ms: all };
}

/** What a browser tells of its device; it hides the rest. */
function device() {
  const data = /** @type {any} */ (navigator).userAgentData;
  const cores = navigator.hardwareConcurrency ?? null;
  return {
    machine: null,
    board: null,
    cpu: null,
    cores,
    usable_cores: cores,
    os: data?.platform || navigator.platform || 'unknown',
    governor: null,
    frequency_mhz: null,
    temperature_c: null,
  };
}

/** The smallest step of the browser's clock, in milliseconds. */
function clockStep() {
  let least = Infinity;
  for (let found = 0; found < 5; found++) {
    const begin = performance.now();
    let now = begin;
    while (now === begin) {
      now = performance.now();
    }
    least = Math.min(least, now - begin);
  }
  return least;
}
