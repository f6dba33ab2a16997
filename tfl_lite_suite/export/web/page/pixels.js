// Pixels of a picture file and of a camera's frame, as the browser decodes them: without colour management, upright.

import { PageError } from './runtime.js';

const MOST_PIXELS = 200_000_000;

/**
 * Decodes a picture.
 * @param {Blob} file
 * @returns {Promise<{rgba: Uint8Array | Uint8ClampedArray, height: number, width: number, bitmap: ImageBitmap}>} Not
 *     premultiplied.
 */
export async function decode(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {
      imageOrientation: 'from-image',
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
    });
  } catch (error) {
    throw new PageError('picture_failed', /** @type {Error} */ (error).message);
  }
  const { height, width } = bitmap;
  if (height * width > MOST_PIXELS) {
    throw new PageError('picture_too_large', `${width} × ${height}`);
  }
  const canvas = drawn(bitmap, height, width);
  const rgba = canvas.getImageData(0, 0, width, height).data;
  // A canvas multiplies colour by alpha and divides again, which loses colour; a texture does not.
  const exact = rgba.some((value, place) => place % 4 === 3 && value < 255) ? textureOf(bitmap) : null;
  return { rgba: exact ?? rgba, height, width, bitmap };
}

/**
 * @param {CanvasImageSource} source
 * @param {number} height
 * @param {number} width
 */
function drawn(source, height, width) {
  let canvas;
  try {
    canvas = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  } catch {
    canvas = null;
  }
  if (!canvas) {
    throw new PageError('picture_too_large', `${width} × ${height}`);
  }
  canvas.drawImage(source, 0, 0);
  return canvas;
}

/**
 * Returns the pixels as a texture holds them; nothing where the browser has no WebGL or the picture is too large.
 * @param {ImageBitmap} bitmap
 */
function textureOf(bitmap) {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl || Math.max(bitmap.width, bitmap.height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
    return null;
  }
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const rgba = new Uint8Array(bitmap.width * bitmap.height * 4);
  gl.readPixels(0, 0, bitmap.width, bitmap.height, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
  const failed = gl.getError() !== gl.NO_ERROR;
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return failed ? null : rgba;
}

/** Reads frames of a video, into the same canvas each time. */
export class FrameReader {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d', { willReadFrequently: true }));
  }

  /** @param {HTMLVideoElement} video */
  read(video) {
    const { videoHeight: height, videoWidth: width } = video;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.context.drawImage(video, 0, 0);
    return { rgba: this.context.getImageData(0, 0, width, height).data, height, width };
  }
}
