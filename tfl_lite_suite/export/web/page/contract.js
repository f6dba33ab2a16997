// From a picture's pixels to the input tensor, on whole numbers, as docs/preprocessing.md specifies it: the same bytes
// as in Python, Java and C++.

/**
 * How a picture becomes the tensor of pixels that the model takes.
 * @typedef {object} Contract
 * @property {number} height
 * @property {number} width
 * @property {number} channels 3 for RGB, 1 for grey.
 * @property {number} resize_height
 * @property {number} resize_width
 * @property {'crop' | 'stretch'} fit
 * @property {'none' | 'stretch'} contrast
 */

/**
 * Decoded pixels, row by row.
 * @typedef {object} Pixels
 * @property {Uint8Array | Uint8ClampedArray} data
 * @property {number} height
 * @property {number} width
 * @property {number} stride Values a pixel: the contract's channels, or 4 for opaque RGBA.
 */

/**
 * A triangle filter along one axis.
 * @typedef {object} Filter
 * @property {Int32Array} first First input position of each output position.
 * @property {Int32Array} weights Fixed-point weights, `taps` for each output position.
 * @property {number} taps
 */

const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);
const MOST_FILTERS = 64;
/** @type {Map<string, Filter>} */
const filters = new Map();

/**
 * Puts RGBA on white and makes it RGB or grey.
 * @param {Uint8Array | Uint8ClampedArray} rgba Not premultiplied.
 * @param {number} height
 * @param {number} width
 * @param {number} channels 3 or 1.
 * @returns {Pixels} `rgba` itself, with a stride of 4, where it is opaque and RGB is wanted.
 */
export function flatten(rgba, height, width, channels) {
  let opaque = 255;
  for (let place = 3; place < rgba.length; place += 4) {
    opaque &= rgba[place];
  }
  if (channels === 3 && opaque === 255) {
    return { data: rgba, height, width, stride: 4 };
  }
  const data = new Uint8Array(height * width * channels);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += channels) {
    const alpha = rgba[from + 3];
    const red = onWhite(rgba[from], alpha);
    const green = onWhite(rgba[from + 1], alpha);
    const blue = onWhite(rgba[from + 2], alpha);
    if (channels === 3) {
      data[to] = red;
      data[to + 1] = green;
      data[to + 2] = blue;
    } else {
      data[to] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
    }
  }
  return { data, height, width, stride: channels };
}

/** @param {number} value @param {number} alpha */
function onWhite(value, alpha) {
  return Math.floor((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

/**
 * Makes the input tensor: resize, centre crop, contrast.
 * @param {Pixels} pixels
 * @param {Contract} contract
 * @returns {Uint8Array} `height × width × channels`.
 */
export function prepare(pixels, contract) {
  const [rows, columns] = scaledSize(pixels.height, pixels.width, contract);
  const down = filter(pixels.height, rows, cropOffset(rows, contract.height), contract.height);
  const across = filter(pixels.width, columns, cropOffset(columns, contract.width), contract.width);
  const tensor = resize(pixels, down, across, contract.channels);
  return contract.contrast === 'stretch' ? stretchContrast(tensor) : tensor;
}

/**
 * Returns the size to which the whole picture is scaled before the crop.
 * @param {number} height
 * @param {number} width
 * @param {Contract} contract
 * @returns {[number, number]} Height and width.
 */
export function scaledSize(height, width, contract) {
  const { resize_height: rows, resize_width: columns } = contract;
  if (contract.fit === 'stretch') {
    return [rows, columns];
  }
  if (width * rows >= height * columns) {
    return [rows, Math.max(columns, Math.floor((rows * width) / height))];
  }
  return [Math.max(rows, Math.floor((columns * height) / width)), columns];
}

/**
 * Returns the part of a picture that the model sees.
 * @param {number} height
 * @param {number} width
 * @param {Contract} contract
 * @returns {{top: number, left: number, height: number, width: number}} As shares of the picture.
 */
export function seenPart(height, width, contract) {
  const [rows, columns] = scaledSize(height, width, contract);
  return {
    top: cropOffset(rows, contract.height) / rows,
    left: cropOffset(columns, contract.width) / columns,
    height: contract.height / rows,
    width: contract.width / columns,
  };
}

/**
 * Returns where the centre crop begins: half of the surplus, a half rounded to the even neighbour.
 * @param {number} size
 * @param {number} crop
 */
export function cropOffset(size, crop) {
  const half = Math.floor((size - crop) / 2);
  return half + ((size - crop) & half & 1);
}

/**
 * Returns the filter for some output positions along one axis; kept for the next frame.
 * @param {number} sizeIn
 * @param {number} sizeOut
 * @param {number} begin First output position.
 * @param {number} count
 * @returns {Filter}
 */
function filter(sizeIn, sizeOut, begin, count) {
  const key = [sizeIn, sizeOut, begin, count].join();
  let found = filters.get(key);
  if (!found) {
    found = triangle(sizeIn, sizeOut, begin, count);
    if (filters.size >= MOST_FILTERS) {
      filters.clear();
    }
    filters.set(key, found);
  }
  return found;
}

/**
 * @param {number} sizeIn
 * @param {number} sizeOut
 * @param {number} begin
 * @param {number} count
 * @returns {Filter}
 */
function triangle(sizeIn, sizeOut, begin, count) {
  const scale = sizeIn / sizeOut;
  const support = Math.max(scale, 1);
  const inverse = 1 / support;
  const first = new Int32Array(count);
  const values = [];
  let taps = 0;
  for (let index = 0; index < count; index++) {
    const centre = (begin + index + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(sizeIn, Math.trunc(centre + support + 0.5));
    const factors = [];
    let sum = 0;
    for (let x = low; x < high; x++) {
      const factor = Math.max(0, 1 - Math.abs((x - centre + 0.5) * inverse));
      factors.push(factor);
      sum += factor;
    }
    first[index] = low;
    values.push(factors.map((factor) => Math.trunc((factor / sum) * 4194304 + 0.5)));
    taps = Math.max(taps, factors.length);
  }
  const weights = new Int32Array(count * taps);
  values.forEach((row, index) => weights.set(row, index * taps));
  return { first, weights, taps };
}

/**
 * Scales first across, then down, each pass rounded to 8 bits; computes the wanted part only.
 * @param {Pixels} pixels
 * @param {Filter} down
 * @param {Filter} across
 * @param {number} channels
 */
function resize(pixels, down, across, channels) {
  const height = down.first.length;
  const width = across.first.length;
  const top = down.first[0];
  const bottom = Math.min(down.first[height - 1] + down.taps, pixels.height);
  const lines = new Uint8Array((bottom - top) * width * channels);
  for (let row = top, to = 0; row < bottom; row++) {
    const line = row * pixels.width;
    for (let column = 0; column < width; column++) {
      const from = across.first[column];
      const taps = Math.min(across.taps, pixels.width - from);
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF;
        let place = (line + from) * pixels.stride + channel;
        for (let tap = 0; tap < taps; tap++, place += pixels.stride) {
          sum += across.weights[column * across.taps + tap] * pixels.data[place];
        }
        lines[to++] = Math.min(255, sum >> PRECISION_BITS);
      }
    }
  }
  const across1 = width * channels;
  const result = new Uint8Array(height * across1);
  for (let row = 0, to = 0; row < height; row++) {
    const from = down.first[row];
    const taps = Math.min(down.taps, pixels.height - from);
    for (let value = 0; value < across1; value++) {
      let sum = HALF;
      let place = (from - top) * across1 + value;
      for (let tap = 0; tap < taps; tap++, place += across1) {
        sum += down.weights[row * down.taps + tap] * lines[place];
      }
      result[to++] = Math.min(255, sum >> PRECISION_BITS);
    }
  }
  return result;
}

/**
 * Maps the darkest value to 0 and the brightest to 255; a constant tensor stays as it is.
 * @param {Uint8Array} tensor
 */
function stretchContrast(tensor) {
  let low = 255;
  let high = 0;
  for (const value of tensor) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const span = high - low;
  const half = span >> 1;
  return span ? tensor.map((value) => Math.floor(((value - low) * 255 + half) / span)) : tensor;
}

/**
 * Writes pixels as the input tensor holds them.
 * @param {Uint8Array} tensor
 * @param {{dtype: string, table: number[][] | null}} input `table` has the tensor's value for each of 256 pixel values,
 *     one row for all channels or one a channel; absent where it is the pixel itself.
 * @returns {Uint8Array | Float32Array}
 */
export function encode(tensor, input) {
  const table = input.table;
  if (input.dtype === 'uint8' && !table) {
    return tensor;
  }
  const made = input.dtype === 'uint8' ? new Uint8Array(tensor.length) : new Float32Array(tensor.length);
  for (let place = 0; place < tensor.length; place++) {
    made[place] = table ? table[place % table.length][tensor[place]] : tensor[place];
  }
  return made;
}
