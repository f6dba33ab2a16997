// The camera screen: frames in turn, as fast as they are classified; those that come meanwhile are left out.

import { classify } from './classifier.js';
import { seenPart } from './contract.js';
import { Consensus } from './decision.js';
import { element, frame, say, tell } from './dom.js';
import { FrameReader } from './pixels.js';
import { Results } from './results.js';
import { PageError } from './runtime.js';

/** @typedef {import('./runtime.js').Model} Model */

const REASONS = /** @type {Record<string, string>} */ ({
  NotAllowedError: 'camera_refused',
  SecurityError: 'camera_refused',
  NotFoundError: 'camera_none',
  OverconstrainedError: 'camera_none',
});
const KEPT_TIMES = 10;

/** The camera, on or off. */
export class Camera {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.video = /** @type {HTMLVideoElement} */ (element('video'));
    this.results = new Results(element('camera_panel'), model.description.labels, true);
    this.reader = new FrameReader();
    this.facing = 'environment';
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {Promise<void>} */
    this.loop = Promise.resolve();
    element('camera_start').addEventListener('click', () => (this.stream ? this.stop() : this.start()));
    element('camera_switch').addEventListener('click', () => this.turn());
  }

  async start() {
    tell(null);
    try {
      if (!navigator.mediaDevices?.getUserMedia) {
        throw new PageError('camera_insecure');
      }
      const video = { facingMode: this.facing, width: { ideal: 640 }, height: { ideal: 480 } };
      this.stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      await this.stop();
      const { name, message } = /** @type {Error} */ (error);
      tell(error instanceof PageError ? error : new PageError(REASONS[name] ?? 'camera_failed', message));
      return;
    }
    this.stream.getVideoTracks()[0].addEventListener('ended', () => this.#lost());
    this.#show(true);
    const devices = await navigator.mediaDevices.enumerateDevices();
    element('camera_switch').hidden = devices.filter((one) => one.kind === 'videoinput').length < 2;
    this.loop = this.#classify(this.stream);
  }

  /** Ends the camera; when it returns, nothing is being classified any more. */
  async stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
    this.#show(false);
    await this.loop;
  }

  async turn() {
    this.facing = this.facing === 'environment' ? 'user' : 'environment';
    await this.stop();
    await this.start();
  }

  async #lost() {
    await this.stop();
    tell(new PageError('camera_failed'));
  }

  /** @param {boolean} on */
  #show(on) {
    element('camera_stage').hidden = !on;
    element('camera_hint').hidden = on;
    element('camera_switch').hidden = true;
    say(element('camera_start'), on ? 'camera_stop' : 'camera_start');
  }

  /** @param {MediaStream} stream */
  async #classify(stream) {
    const consensus = new Consensus(this.model.description.decision.frames);
    const { contract, decision } = this.model.description;
    /** @type {number[]} */
    let ends = [];
    while (await this.#nextFrame(stream)) {
      try {
        const picture = this.reader.read(this.video);
        frame(element('camera_stage'), picture, seenPart(picture.height, picture.width, contract));
        const result = await classify(this.model, picture);
        ends = [...ends, performance.now()].slice(-KEPT_TIMES);
        const rate = ends.length > 1 ? (1000 * (ends.length - 1)) / (ends[ends.length - 1] - ends[0]) : 0;
        const announced = consensus.add(result.answer.answered);
        this.results.show(result, decision.mode === 'multi' ? announced : announced.slice(0, 1), rate);
      } catch (error) {
        tell(error);
        this.loop = Promise.resolve();
        await this.stop();
      }
    }
  }

  /**
   * Waits for a frame that has not been seen; returns whether the camera is still on.
   * @param {MediaStream} stream
   */
  async #nextFrame(stream) {
    const video = /** @type {any} */ (this.video);
    if (document.hidden) {
      await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    }
    await new Promise((resolve) => {
      // A camera that ends gives no further frame.
      const late = setTimeout(resolve, 500);
      const next = () => {
        clearTimeout(late);
        resolve(undefined);
      };
      video.requestVideoFrameCallback ? video.requestVideoFrameCallback(next) : requestAnimationFrame(next);
    });
    return this.stream === stream && this.video.videoWidth > 0;
  }
}
