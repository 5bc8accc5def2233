// One camera's picture: its video element, how fresh it is, how old, and its figures.

import {Freshness, watchFrames} from './freshness.js';
import {ClockOffset, delay, NTP_EPOCH_MS, Recent} from './latency.js';
import {make, setText} from './dom.js';
import {stages} from './stages.js';
import {figures, UNKNOWN} from './stats.js';
import {age} from './words.js';

/** A camera that is looked at again shows its key frame well before; later it is no longer called paused. */
const RETURN_MS_MAX = 1000;

export class Tile {
  /** @param {() => void} onChosen @param {() => void} onFrame the first new frame after a freeze or a wait */
  constructor(onChosen, onFrame) {
    this.onFrame = onFrame;
    this.name = '';
    this.freshness = new Freshness(performance.now());
    /** Shown by the page's clock − captured by the robot's, of each picture. */
    this.captures = new Recent();
    /** From the last packet of each picture until it is presented. */
    this.presented = new Recent();
    /** Last packet here by the page's clock − captured by the robot's. */
    this.arrivals = new Recent();
    this.reportClock = new ClockOffset();
    this.figures = UNKNOWN;
    /** @type {import('./stats.js').Memory[]} */
    this.memory = [];
    this.blocked = false;
    this.looked = true;
    this.returning = false;
    /** @type {RTCRtpReceiver | null} */
    this.receiver = null;
    this.root = make('figure', 'tile');
    this.video = document.createElement('video');
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.autoplay = true;
    this.video.disablePictureInPicture = true;
    this.choose = /** @type {HTMLButtonElement} */ (make('button', 'choose'));
    this.choose.type = 'button';
    this.choose.onclick = onChosen;
    this.label = make('figcaption', 'label');
    this.state = make('span', 'tile-state');
    this.root.append(this.video, this.label, this.state, this.choose);
    this.stopWatching = watchFrames(this.video, (now, metadata) => this.#shown(now, metadata));
  }

  /** @param {string} name */
  call(name) {
    this.name = name;
    setText(this.label, name);
    this.choose.setAttribute('aria-label', `Show ${name} large`);
    this.video.setAttribute('aria-label', `Camera ${name}`);
  }

  /** @param {RTCRtpReceiver} receiver */
  show(receiver) {
    if (receiver === this.receiver) return;
    this.receiver = receiver;
    this.returning = false;
    this.freshness.reset(performance.now());
    this.captures = new Recent();
    this.presented = new Recent();
    this.arrivals = new Recent();
    this.reportClock = new ClockOffset();
    this.memory = [];
    this.video.srcObject = new MediaStream([receiver.track]);
    void this.play();
  }

  async play() {
    try {
      await this.video.play();
      this.blocked = false;
    } catch (error) {
      // AbortError only means that a newer stream took this one's place.
      this.blocked = error instanceof DOMException && error.name === 'NotAllowedError';
    }
  }

  /** The path ended: the last picture stays, and is not new. */
  end() {
    this.receiver = null;
    this.figures = UNKNOWN;
  }

  remove() {
    this.stopWatching();
    this.video.srcObject = null;
    this.root.remove();
  }

  /** Is this camera sent and shown? What comes late of one that is not says nothing. @param {boolean} looked @param {number} now */
  look(looked, now) {
    if (looked === this.looked) return;
    this.looked = looked;
    this.returning = looked;
    if (looked) void this.play(); // a browser may have paused what was not on the page
    this.freshness.reset(now);
    this.captures = new Recent();
    this.presented = new Recent();
    this.arrivals = new Recent();
  }

  /** Its picture is old on purpose: neither frozen nor live. @param {number} now */
  paused(now) {
    if (!this.looked) return true;
    const {state, age_ms} = this.freshness.picture(now);
    return this.returning && state === 'waiting' && age_ms < RETURN_MS_MAX;
  }

  /** An old picture is dimmed, a small one also says how old. @param {number} now */
  mark(now) {
    const {state, age_ms} = this.freshness.picture(now);
    const paused = this.paused(now);
    this.root.classList.toggle('old', state !== 'fresh' || !this.receiver);
    this.root.classList.toggle('paused', paused);
    setText(this.state, paused ? 'paused' : state === 'frozen' ? `FROZEN ${age(age_ms)}` : '');
  }

  /** @param {Iterable<import('./stats.js').Entry>} report @param {number} now @param {boolean} hidden */
  measure(report, now, hidden) {
    if (!this.receiver) return;
    ({figures: this.figures, memory: this.memory} = figures(report, this.receiver.track.id, this.memory));
    const {senderReport, rtt_ms} = this.figures;
    // getStats counts from 1970 by the page's own clock, which no step of the wall clock moves.
    if (senderReport && rtt_ms !== null)
      this.reportClock.add({sent_ms: senderReport.sent_ms, arrived_ms: senderReport.arrived_ms - performance.timeOrigin}, rtt_ms);
    if (hidden && this.looked && !this.video.paused && this.figures.decoded !== null) this.freshness.counted(now, this.figures.decoded);
  }

  /** @param {number} now @param {import('./clock_estimator.js').Estimate | null} clock the robot's @returns {import('./latency.js').Delay} */
  delay(now, clock) {
    return delay({
      capture_ms: this.captures.median(now), clock, offset_ms: this.reportClock.ms,
      rtt_ms: this.figures.rtt_ms, playout_ms: this.figures.spent.processing,
    });
  }

  /**
   * @param {number} now @param {import('./clock_estimator.js').Estimate | null} clock the robot's
   * @param {number | null} before_ms what the robot needs before the first packet leaves
   */
  stages(now, clock, before_ms) {
    const arrival_ms = this.arrivals.median(now);
    const onTheWay_ms = arrival_ms === null || clock === null || before_ms === null ? null : arrival_ms + clock.offset_ms - before_ms;
    return stages(this.figures.spent, this.presented.median(now), onTheWay_ms);
  }

  /** @param {number} now @param {VideoFrameCallbackMetadata} metadata */
  #shown(now, metadata) {
    if (this.video.paused || !this.looked) return; // shown once and then held, until a tap starts it
    const stale = this.freshness.picture(now).state !== 'fresh';
    this.freshness.shown(now, metadata.rtpTimestamp ?? metadata.mediaTime);
    this.#age(now, metadata);
    if (stale) this.onFrame();
  }

  /** @param {number} now @param {VideoFrameCallbackMetadata} metadata */
  #age(now, {presentationTime, receiveTime, rtpTimestamp}) {
    // `now` lies on the display's grid and was seen up to 12 ms before the frame had even arrived.
    const shown = Math.max(now, presentationTime);
    if (receiveTime !== undefined) this.presented.add(now, shown - receiveTime);
    const source = this.receiver?.getSynchronizationSources().find((each) => each.rtpTimestamp === rtpTimestamp);
    const captured = source && Reflect.get(source, 'captureTimestamp');
    if (typeof captured !== 'number') return;
    if (receiveTime !== undefined) this.arrivals.add(now, receiveTime - (captured - NTP_EPOCH_MS));
    this.captures.add(now, shown - (captured - NTP_EPOCH_MS));
  }
}
