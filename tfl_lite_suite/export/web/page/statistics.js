// Summaries of measured times, by the same rules as the suite's benchmark/statistics.py.

const MOST_RESAMPLED = 1_000_000;

/**
 * Numbers from 0 to 1, the same for the same seed.
 *
 * Source: Mulberry32, Tommy Ettinger, 2017, public domain.
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Returns a percentile with linear interpolation.
 * @param {ArrayLike<number>} sorted
 * @param {number} percent
 */
export function percentile(sorted, percent) {
  const place = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** @param {ArrayLike<number>} values */
export function median(values) {
  return percentile(Float64Array.from(values).sort(), 50);
}

/**
 * Summarises times.
 * @param {number[]} times Milliseconds, in the order measured.
 * @param {number} seed Of the bootstrap.
 */
export function summarise(times, seed) {
  const sorted = Float64Array.from(times).sort();
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const squares = times.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return {
    mean,
    std: times.length > 1 ? Math.sqrt(squares / (times.length - 1)) : 0,
    min: sorted[0],
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max: sorted[sorted.length - 1],
    ci95: medianInterval(times, seed),
  };
}

/**
 * Returns an interval that holds the true median in 95 % of cases: a bootstrap over blocks of ∛n neighbours, since
 * neighbouring times are alike.
 *
 * Source: Künsch, 1989, https://doi.org/10.1214/aos/1176347265, section 2.3.
 * @param {number[]} times
 * @param {number} seed
 */
function medianInterval(times, seed) {
  const count = times.length;
  const block = Math.max(1, Math.round(Math.cbrt(count)));
  const resamples = Math.max(100, Math.min(Math.floor(MOST_RESAMPLED / count), 1000));
  const random = randomNumbers(seed);
  const medians = new Float64Array(resamples);
  const drawn = new Float64Array(count);
  for (let resample = 0; resample < resamples; resample++) {
    for (let filled = 0; filled < count; filled += block) {
      const begin = Math.floor(random() * (count - block + 1));
      for (let place = 0; place < block && filled + place < count; place++) {
        drawn[filled + place] = times[begin + place];
      }
    }
    medians[resample] = median(drawn);
  }
  medians.sort();
  return [percentile(medians, 2.5), percentile(medians, 97.5)];
}

/**
 * Returns one line for each sign that the times do not come from one steady state.
 * @param {number[]} times
 */
export function unsteadiness(times) {
  const found = [];
  const sorted = Float64Array.from(times).sort();
  const spread = percentile(sorted, 90) / percentile(sorted, 50) - 1;
  if (times.length >= 10 && spread > 0.2) {
    found.push(
      `latency varies: p90 is ${Math.round(100 * spread)}% above the median. Close other tabs and programs, or raise ` +
        'the runs',
    );
  }
  const third = Math.floor(times.length / 3);
  if (third >= 10) {
    const drift = median(times.slice(-third)) / median(times.slice(0, third)) - 1;
    if (Math.abs(drift) > 0.1) {
      found.push(
        `latency drifted by ${drift > 0 ? '+' : ''}${Math.round(100 * drift)}% from the first to the last third of ` +
          'the runs. Raise the runs; if it only rises, cool the device',
      );
    }
  }
  return found;
}
