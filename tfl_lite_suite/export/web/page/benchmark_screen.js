// The benchmark screen.

import { benchmark } from './benchmark.js';
import { element, facts, milliseconds, say, shape, tell, write } from './dom.js';
import { text } from './strings.js';
import { Stopped } from './timing.js';

/** @typedef {import('./runtime.js').Model} Model */

const BINS = 40;

/** A measurement, its figures and its file. */
export class BenchmarkScreen {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    /** @type {any} */
    this.found = null;
    /** @type {AbortController | null} */
    this.running = null;
    element('measure').addEventListener('click', () => (this.running ? this.running.abort() : this.start()));
    element('save').addEventListener('click', () => this.save());
  }

  async start() {
    const runs = /** @type {HTMLInputElement} */ (element('runs'));
    if (!runs.reportValidity()) {
      return;
    }
    tell(null);
    this.running = new AbortController();
    say(element('measure'), 'benchmark_stop');
    const settings = { runs: runs.valueAsNumber, min_seconds: 0.1, seed: 0 };
    try {
      this.found = await benchmark(this.model, settings, this.#progress, this.running.signal);
      write(element('progress'), '');
      this.show();
    } catch (error) {
      error instanceof Stopped ? say(element('progress'), 'benchmark_stopped') : tell(error);
    } finally {
      this.running = null;
      say(element('measure'), 'benchmark_start');
    }
  }

  /**
   * @param {number} done
   * @param {number} all
   */
  #progress(done, all) {
    all ? write(element('progress'), text('benchmark_progress', done, all)) : say(element('progress'), 'benchmark_warming');
  }

  /** Shows what was measured, in the present language. */
  show() {
    if (!this.found) {
      return;
    }
    const { latency_ms: latency, runs, warmup_runs: warmup, cold_start_ms: cold, valid, warnings } = this.found;
    write(element('median'), milliseconds(latency.p50));
    const range = (/** @type {number[]} */ ends) => ends.map(milliseconds).join(' … ');
    facts(element('times'), [
      ['benchmark_interval', range(latency.ci95)],
      ['time_frames', (1000 / latency.p50).toFixed(1)],
      ['benchmark_mean', `${milliseconds(latency.mean)} ± ${milliseconds(latency.std)}`],
      ['benchmark_range', range([latency.min, latency.max])],
      ['benchmark_p90', milliseconds(latency.p90)],
      ['benchmark_p99', milliseconds(latency.p99)],
      ['benchmark_count', `${runs} (${warmup})`],
      ['time_prepare', milliseconds(this.found.stages_ms.preprocessing)],
      ['time_rank', milliseconds(this.found.stages_ms.postprocessing)],
      ['benchmark_cold', milliseconds(cold)],
    ]);
    const lines = [text(valid ? 'benchmark_valid' : 'benchmark_invalid'), ...warnings].map((line) => {
      const item = document.createElement('li');
      item.textContent = line;
      return item;
    });
    element('warnings').replaceChildren(...lines);
    this.#draw(this.found.raw_ms);
    element('figures').hidden = false;
    element('save').hidden = false;
  }

  /** @param {number[]} times */
  #draw(times) {
    const least = Math.min(...times);
    const most = Math.max(...times);
    const counts = new Array(BINS).fill(0);
    for (const time of times) {
      counts[Math.min(BINS - 1, Math.floor((BINS * (time - least)) / (most - least || 1)))]++;
    }
    const highest = Math.max(...counts);
    const bars = counts.map((count, place) => {
      const height = (60 * count) / highest;
      return shape('rect', { x: (200 / BINS) * place, y: 60 - height, width: 200 / BINS - 0.5, height });
    });
    element('histogram').replaceChildren(...bars);
  }

  save() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([JSON.stringify(this.found, null, 1)], { type: 'application/json' }));
    link.download = `${this.found.model.replace(/\.tflite$/, '')}.browser.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
