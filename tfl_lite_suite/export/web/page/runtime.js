// LiteRT.js: which of its builds this browser runs, and the model in it.

/** @typedef {import('./contract.js').Contract} Contract */
/** @typedef {import('./decision.js').Decision} Decision */

/**
 * What `model.json` says.
 * @typedef {object} Description
 * @property {string} name
 * @property {string} file
 * @property {number} bytes
 * @property {{shape: number[], dtype: string, table: number[][] | null}} input
 * @property {{classes: number, dtype: string, scale: number, zero_point: number}} output
 * @property {Contract} contract
 * @property {string[]} labels
 * @property {Decision} decision
 * @property {'int8' | 'float32' | 'mixed'} computes
 * @property {{file: string, bytes: number}} source
 * @property {{name: string, version: string}} runtime
 */

/** @typedef {'auto' | 'webgpu' | 'wasm'} Wanted */

/**
 * How the model runs.
 * @typedef {object} Choice
 * @property {'compat' | 'plain' | 'threaded' | 'jspi'} variant The build of LiteRT.js.
 * @property {'webgpu' | 'wasm'} accelerator
 * @property {number} threads
 */

const FOLDER = 'litert/';
const MOST_THREADS = 4;
const GZIP = [0x1f, 0x8b];
// (func (result v128) i32.const 1 i8x16.splat i32.const 2 i8x16.splat i8x16.relaxed_swizzle)
const RELAXED_SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
];

/** Something that the user is told in words of the page: `key` names a string. */
export class PageError extends Error {
  /**
   * @param {string} key
   * @param {string} detail
   */
  constructor(key, detail = '') {
    super(`${key}: ${detail}`);
    this.key = key;
    this.detail = detail;
  }
}

/**
 * Reads a file that lies beside the page.
 * @param {string} name
 * @param {string} missing The error's key where it is not there.
 */
export async function read(name, missing) {
  let response;
  try {
    response = await fetch(name);
  } catch (error) {
    throw new PageError(missing, `${name}: ${/** @type {Error} */ (error).message}`);
  }
  if (!response.ok) {
    throw new PageError(missing, `${name}: ${response.status} ${response.statusText}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Reads what the page must know of its model. */
export async function readDescription() {
  const content = await read('model.json', 'description_missing');
  try {
    return /** @type {Description} */ (JSON.parse(new TextDecoder().decode(content)));
  } catch (error) {
    throw new PageError('description_missing', String(error));
  }
}

/**
 * Decides how a model is to run here. A network of int8 stays on the CPU unless the user wants the GPU, which computes
 * in floating point: its answers are not those that the decision was fitted to.
 * @param {Wanted} wanted
 * @param {Description} description
 * @returns {Promise<Choice>}
 */
export async function choose(wanted, description) {
  const relaxed = WebAssembly.validate(new Uint8Array(RELAXED_SIMD));
  const onGpu = wanted === 'webgpu' || (wanted === 'auto' && description.computes === 'float32');
  if (onGpu && (await hasGpu())) {
    const variant = relaxed && 'Suspending' in WebAssembly ? 'jspi' : relaxed ? 'plain' : 'compat';
    return { variant, accelerator: 'webgpu', threads: 1 };
  }
  const cores = navigator.hardwareConcurrency || 1;
  if (relaxed && globalThis.crossOriginIsolated && cores > 1) {
    return { variant: 'threaded', accelerator: 'wasm', threads: Math.min(MOST_THREADS, cores) };
  }
  return { variant: relaxed ? 'plain' : 'compat', accelerator: 'wasm', threads: 1 };
}

async function hasGpu() {
  const gpu = /** @type {any} */ (navigator).gpu;
  try {
    return Boolean(gpu && (await gpu.requestAdapter()));
  } catch {
    return false;
  }
}

/** A model ready to run. */
export class Model {
  /**
   * @param {Description} description
   * @param {Choice} choice
   * @param {any} litert The module of LiteRT.js.
   * @param {Uint8Array} content
   */
  constructor(description, choice, litert, content) {
    this.description = description;
    /** @type {Choice} */
    this.choice = choice;
    this.litert = litert;
    this.content = content;
    /** @type {any} */
    this.compiled = null;
    /** When the start began, counted from the page's opening, and how long each part took; milliseconds. */
    this.startMs = { begin: 0, runtime: 0, model: 0, first_inference: 0 };
  }

  /**
   * Loads runtime and model, and runs it once.
   * @param {Description} description
   * @param {Wanted} wanted
   */
  static async open(description, wanted) {
    const begin = performance.now();
    const choice = await choose(wanted, description);
    const content = await read(description.file, 'model_missing');
    if (content.length !== description.bytes) {
      throw new PageError('model_damaged', `${content.length} of ${description.bytes} bytes`);
    }
    const litert = await loadRuntime(choice.variant);
    const model = new Model(description, choice, litert, content);
    const loaded = performance.now();
    const parts = await model.compile(choice.threads);
    model.startMs = { begin, runtime: loaded - begin, ...parts };
    return model;
  }

  /**
   * Gets the model ready for so many threads and runs it once; on the CPU where the GPU does not take it.
   * @param {number} threads
   * @returns {Promise<{model: number, first_inference: number}>} Milliseconds.
   */
  async compile(threads) {
    this.compiled?.delete();
    this.compiled = null;
    const { accelerator } = this.choice;
    const begin = performance.now();
    try {
      this.compiled = await this.litert.loadAndCompile(this.content, { accelerator, cpuOptions: { numThreads: threads } });
      const compiled = performance.now();
      // A GPU that does not take an operator says so at the first run.
      await this.run(this.blank());
      this.choice = { ...this.choice, threads };
      return { model: compiled - begin, first_inference: performance.now() - compiled };
    } catch (error) {
      if (accelerator === 'wasm') {
        throw new PageError('refused', String(/** @type {Error} */ (error)?.message ?? error));
      }
      console.warn('WebGPU does not run this model:', error);
      this.choice = { ...this.choice, accelerator: 'wasm' };
      return this.compile(1);
    }
  }

  /** A black picture as an input tensor. */
  blank() {
    const size = this.description.input.shape.reduce((product, length) => product * length, 1);
    return this.description.input.dtype === 'uint8' ? new Uint8Array(size) : new Float32Array(size);
  }

  /**
   * Runs the model; what is timed is the runtime's call alone, on the GPU with the way back of the scores.
   * @param {Uint8Array | Float32Array} data The input tensor.
   * @returns {Promise<{raw: Uint8Array | Float32Array, milliseconds: number}>}
   */
  async run(data) {
    const tensor = new this.litert.Tensor(data, this.description.input.shape);
    /** @type {any[]} */
    let outputs = [];
    try {
      const begin = performance.now();
      outputs = await this.compiled.run([tensor]);
      let end = performance.now();
      const raw = (await outputs[0].data()).slice();
      if (this.choice.accelerator === 'webgpu') {
        end = performance.now();
      }
      return { raw, milliseconds: end - begin };
    } finally {
      outputs.forEach((output) => output.delete());
      tensor.delete();
    }
  }
}

/**
 * Loads a build of LiteRT.js from beside the page.
 * @param {Choice['variant']} variant
 */
async function loadRuntime(variant) {
  const name = `${FOLDER}${variant}.wasm.gz`;
  const packed = await read(name, 'runtime_missing');
  try {
    // A server may have unpacked it on the way, as its `Content-Encoding` says.
    const wasmBinary = GZIP.every((byte, place) => packed[place] === byte) ? await unpacked(packed) : packed;
    /** @type {any} */ (globalThis).Module = { wasmBinary };
    const path = `./${FOLDER}index.js`;
    const litert = await import(path);
    await litert.loadLiteRt(new URL(`${FOLDER}${variant}.js`, document.baseURI).href);
    return litert;
  } catch (error) {
    throw new PageError('runtime_missing', `${name}: ${/** @type {Error} */ (error)?.message ?? 'it does not start'}`);
  }
}

/** @param {Uint8Array} packed */
async function unpacked(packed) {
  const stream = new Blob([/** @type {any} */ (packed)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
