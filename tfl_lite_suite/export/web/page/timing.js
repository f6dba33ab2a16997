// Warm-up and timed runs, by the same rules as the suite's benchmark/timing.py.

import { median } from './statistics.js';

const WINDOW = 5;
const STEADY = 0.02;
const LEAST_WARMUP = 3;
const MOST_WARMUP = 1000;
// The page is drawn again, and can be clicked, between runs; never within one.
const BREATH_MS = 100;

/** Why a measurement ended early. */
export class Stopped extends Error {}

/**
 * Runs until the median of the last five runs is within 2 % of that of the five before.
 * @param {() => Promise<number>} run Runs once; gives milliseconds.
 * @param {number} mostSeconds After which to give up, after at least three runs.
 * @param {AbortSignal} [signal]
 */
export async function warmUp(run, mostSeconds, signal) {
  const times = [];
  const breathe = breather(signal);
  const begin = performance.now();
  while (times.length < MOST_WARMUP) {
    times.push(await run());
    await breathe();
    if (times.length >= 2 * WINDOW) {
      const before = median(times.slice(-2 * WINDOW, -WINDOW));
      if (Math.abs(median(times.slice(-WINDOW)) - before) <= STEADY * before) {
        return { runs: times.length, steady: true };
      }
    }
    if (times.length >= LEAST_WARMUP && performance.now() - begin > 1000 * mostSeconds) {
      break;
    }
  }
  return { runs: times.length, steady: false };
}

/**
 * Times runs one by one.
 * @param {() => Promise<number>} run
 * @param {number} runs Least number of runs.
 * @param {number} minSeconds Least time over which to go on.
 * @param {(done: number) => void} progress
 * @param {AbortSignal} [signal]
 */
export async function measure(run, runs, minSeconds, progress, signal) {
  /** @type {number[]} */
  const times = [];
  const breathe = breather(signal);
  const begin = performance.now();
  while (times.length < runs || performance.now() - begin < 1000 * minSeconds) {
    times.push(await run());
    if (await breathe()) {
      progress(times.length);
    }
  }
  progress(times.length);
  return times;
}

/**
 * Returns a function that lets the browser work where it has not for a while, and tells whether it did.
 * @param {AbortSignal} [signal]
 */
function breather(signal) {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH_MS) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve));
    if (signal?.aborted) {
      throw new Stopped();
    }
    last = performance.now();
    return true;
  };
}
