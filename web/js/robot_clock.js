// The page's end of the channel `clock` (docs/clock.md): asks when it is time, hears the answers. What follows from them is
// clock_estimator.js and sender_stages.js.

import {ClockEstimator} from './clock_estimator.js';
import {CLOCK_CHANNEL, CLOCK_CHANNEL_OPTIONS, decodePong, decodeStagesAnswer, encodePing, encodeStagesQuestion} from './clock_message.js';
import {SenderStages} from './sender_stages.js';

/** Does this offer have a place for data channels? A channel that has none would wait for ever. @param {string} sdp */
export function offersChannels(sdp) {
  return /^m=application [1-9]/m.test(sdp);
}

/** Of one session; it ends with its RTCPeerConnection. */
export class RobotClock {
  /** @param {RTCPeerConnection} peer whose remote offer has data channels */
  constructor(peer) {
    this.estimator = new ClockEstimator(performance.now());
    this.stages = new SenderStages();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.channel = peer.createDataChannel(CLOCK_CHANNEL, CLOCK_CHANNEL_OPTIONS);
    this.channel.binaryType = 'arraybuffer';
    this.channel.onopen = () => {
      this.estimator = new ClockEstimator(performance.now());
      this.#ask();
    };
    this.channel.onmessage = ({data}) => this.#heard(data, performance.now());
    this.channel.onclose = () => clearTimeout(this.timer);
  }

  /** @param {number} now @returns {import('./clock_estimator.js').Estimate | null} null before the first answer */
  estimate(now) {
    return this.estimator.estimate(now);
  }

  #ask() {
    clearTimeout(this.timer);
    if (this.channel.readyState !== 'open') return;
    const now = performance.now();
    const id = this.estimator.ask(now);
    // One that waits behind others would say when it was written, not when it left.
    if (id !== null && this.channel.bufferedAmount === 0) this.channel.send(encodePing(id));
    const question = this.stages.ask(now);
    if (question !== null) this.channel.send(encodeStagesQuestion(question));
    this.timer = setTimeout(() => this.#ask(), Math.max(0, this.estimator.nextDue - performance.now()));
  }

  /** @param {unknown} data @param {number} arrived */
  #heard(data, arrived) {
    this.stages.told(decodeStagesAnswer(data), arrived);
    const pong = decodePong(data);
    if (pong && this.estimator.pong(pong, arrived) === 'restarted') this.#ask();
  }
}
