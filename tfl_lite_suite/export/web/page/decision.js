// What the model's scores mean: docs/decision.md, step by step, each operation rounded as there, so that the answers are
// those of every other client, bit by bit.

/**
 * @typedef {object} Decision
 * @property {'single' | 'multi'} mode
 * @property {'logits' | 'probabilities'} scores
 * @property {number} temperature
 * @property {number[]} thresholds
 * @property {{score: 'none' | 'max_probability' | 'margin' | 'entropy' | 'energy', threshold: number}} reject
 * @property {{window: number, share: number, hysteresis: number}} frames
 */

/**
 * @typedef {object} Answer
 * @property {Float64Array} probabilities NaN where a score is NaN.
 * @property {number[]} answered Classes by index; in `single` mode one at most.
 * @property {number} top The class answered, the one with the highest score of several; −1 for none of these.
 * @property {number} certainty
 */

export const NONE_OF_THESE = -1;

const LOG2_E = 1.4426950408889634;
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;
const LN2 = 0.6931471805599453;
const SQRT_HALF = 0.7071067811865476;
const LEAST_EXPONENT = -700;
const LARGEST = 1e30;
const COUNT_SLACK = 1e-9;
const EXP_TERMS = [1];
for (let power = 1, factorial = 1; power <= 13; power++) {
  factorial *= power;
  EXP_TERMS.push(1 / factorial);
}
const LN_TERMS = Array.from({ length: 11 }, (_, n) => 1 / (2 * n + 1));
const bits = new DataView(new ArrayBuffer(8));

/**
 * Returns the real values of an output tensor.
 * @param {ArrayLike<number>} raw
 * @param {{dtype: string, scale: number, zero_point: number}} output
 * @returns {ArrayLike<number>}
 */
export function scoresOf(raw, output) {
  return output.dtype === 'float32' || !output.scale
    ? raw
    : Float32Array.from(raw, (value) => (value - output.zero_point) * output.scale);
}

/**
 * Answers a picture by its scores.
 * @param {Decision} decision
 * @param {ArrayLike<number>} scores
 * @returns {Answer}
 */
export function decide(decision, scores) {
  const { mode, thresholds, reject } = decision;
  const found = probabilities(decision, scores);
  const known = certainty(decision, scores, found);
  const sure = reject.score === 'none' || known >= reject.threshold;
  const least = mode === 'single' ? 0 : 0.5;
  const threshold = (/** @type {number} */ index) => (thresholds.length ? thresholds[index] : least);
  const candidates = [...found.keys()].filter((index) => sure && found[index] >= threshold(index));
  const gain = (/** @type {number} */ index) =>
    mode === 'single' && thresholds.length ? found[index] / thresholds[index] : 0;
  let top = candidates.length ? candidates[0] : NONE_OF_THESE;
  for (const index of candidates) {
    if (gain(index) > gain(top) || (gain(index) === gain(top) && scores[index] > scores[top])) {
      top = index;
    }
  }
  const answered = mode === 'multi' ? candidates : candidates.filter((index) => index === top);
  return { probabilities: found, answered, top, certainty: known };
}

/**
 * @param {Decision} decision
 * @param {ArrayLike<number>} scores
 */
function probabilities(decision, scores) {
  const values = Float64Array.from(scores);
  if (values.some(Number.isNaN)) {
    return values.fill(NaN);
  }
  if (decision.scores === 'probabilities') {
    return values;
  }
  const clipped = values.map(clip);
  if (decision.mode === 'multi') {
    return clipped.map((value) => {
      const power = exponential(-Math.abs(value / decision.temperature));
      return (value >= 0 ? 1 : power) / (1 + power);
    });
  }
  const most = Math.max(...clipped);
  const powers = clipped.map((value) => exponential((value - most) / decision.temperature));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/**
 * @param {Decision} decision
 * @param {ArrayLike<number>} scores
 * @param {Float64Array} found
 */
function certainty(decision, scores, found) {
  if (decision.reject.score === 'energy') {
    const values = Float64Array.from(scores, clip);
    if (values.some(Number.isNaN)) {
      return NaN;
    }
    if (decision.mode === 'multi') {
      return sum(values.map((value) => Math.max(value, 0) + logarithm(1 + exponential(-Math.abs(value)))));
    }
    const most = Math.max(...values);
    return most + logarithm(sum(values.map((value) => exponential(value - most))));
  }
  if (decision.reject.score === 'margin' && found.length > 1) {
    const sorted = found.slice().sort();
    return sorted[sorted.length - 1] - sorted[sorted.length - 2];
  }
  if (decision.reject.score === 'entropy') {
    return sum(found.map((value) => (value > 0 ? value * logarithm(value) : 0)));
  }
  return Math.max(...found);
}

/** @param {number} value */
function clip(value) {
  return Math.min(Math.max(value, -LARGEST), LARGEST);
}

/**
 * Adds from the first to the last.
 * @param {Float64Array} values
 */
function sum(values) {
  let total = values[0];
  for (let index = 1; index < values.length; index++) {
    total += values[index];
  }
  return total;
}

/**
 * Returns e to the power of a value at most 0; 0 below −700.
 * @param {number} value
 */
export function exponential(value) {
  if (value < LEAST_EXPONENT) {
    return 0;
  }
  const twos = Math.floor(value * LOG2_E + 0.5);
  const rest = value - twos * LN2_HIGH - twos * LN2_LOW;
  let total = EXP_TERMS[13];
  for (let term = 12; term >= 0; term--) {
    total = total * rest + EXP_TERMS[term];
  }
  return total * powerOfTwo(twos);
}

/**
 * Returns the natural logarithm of a value above 0.
 * @param {number} value
 */
export function logarithm(value) {
  let [mantissa, twos] = split(value);
  if (mantissa < SQRT_HALF) {
    mantissa *= 2;
    twos -= 1;
  }
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let total = LN_TERMS[10];
  for (let term = 9; term >= 0; term--) {
    total = total * square + LN_TERMS[term];
  }
  return twos * LN2 + 2 * ratio * total;
}

/**
 * Returns a power of two exactly, which `Math.pow` need not.
 * @param {number} exponent From −1022 to 1023.
 */
function powerOfTwo(exponent) {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/**
 * Returns a mantissa from ½ to 1 and the exponent of two with it.
 * @param {number} value
 * @returns {[number, number]}
 */
function split(value) {
  // Numbers too small for a full mantissa are made larger first.
  const shift = value < 1e-300 ? 64 : 0;
  bits.setFloat64(0, shift ? value * powerOfTwo(shift) : value);
  const high = bits.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1022;
  bits.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  return [bits.getFloat64(0), exponent - shift];
}

/** What several successive frames agree on. */
export class Consensus {
  /** @param {Decision['frames']} frames */
  constructor(frames) {
    this.size = frames.window;
    this.enter = frames.share * frames.window - COUNT_SLACK;
    this.stay = (frames.share - frames.hysteresis) * frames.window - COUNT_SLACK;
    /** @type {number[][]} */
    this.window = [];
    /** @type {number[]} */
    this.announced = [];
  }

  /**
   * Takes the next frame's answer; returns the classes announced now, the one that most frames answered first.
   * @param {number[]} answered
   */
  add(answered) {
    this.window.push(answered);
    if (this.window.length > this.size) {
      this.window.shift();
    }
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const index of this.window.flat()) {
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const before = this.announced;
    const rank = (/** @type {number} */ index) => (before.includes(index) ? before.indexOf(index) : before.length);
    const count = (/** @type {number} */ index) => counts.get(index) ?? 0;
    this.announced = [...counts.keys()]
      .filter((index) => count(index) >= (before.includes(index) ? this.stay : this.enter))
      .sort((one, other) => count(other) - count(one) || rank(one) - rank(other) || one - other);
    return this.announced;
  }
}
