// The robot's clock, from pings over the data channel `clock`. Pure: it is told the time, and says when to ask. Why it is
// right stands in src/latency/clock_estimator.hpp; tests/conformance/clock/estimates.json holds both to the same answers.

/** @typedef {import('./clock_message.js').Pong} Pong */

/** At first, and after a clock stepped … */
const FAST_PINGS = 8;
/** … in one second, … */
const FAST_INTERVAL_MS = 125;
/** … then one in this time. */
const INTERVAL_MS = 1000;
/** An older sample goes, unless it is the last. */
const WINDOW_MS = 30000;
/** 200 ppm: two quartz clocks, each within 100. */
const DRIFT = 1 / 5000;
/** An answer that comes behind as many newer questions is not waited for. */
const QUESTIONS_MAX = 16;
/** performance.now() counts in steps: 0.1 ms in Chromium, 1 ms in Firefox and Safari. */
export const PAGE_RESOLUTION_MS = 1;
/** A delay by a clock that is known no better than this is shown with its error. */
export const CLOCK_ERROR_WEAK_MS = 20;

/**
 * @typedef {object} Estimate
 * @property {number} offset_ms the robot's clock − ours, now
 * @property {number} error_ms the true offset lies within ± this, as long as both clocks run at a steady rate
 *
 * @typedef {'ignored' | 'taken' | 'restarted'} Verdict
 * `ignored`: answers no open question, or says what cannot be; `restarted`: one of the clocks stepped, and all that was
 * known is forgotten
 *
 * @typedef {{asked: number, offset_ms: number, rtt_ms: number}} Sample
 */

export class ClockEstimator {
  /** @param {number} start the first ping is due then; ms of performance.now(), as all times here @param {number} [resolution_ms] of that clock */
  constructor(start, resolution_ms = PAGE_RESOLUTION_MS) {
    this.resolution_ms = resolution_ms;
    this.nextDue = start;
    this.fastLeft = FAST_PINGS;
    this.nextId = 1;
    this.restarts = 0;
    /** @type {Map<number, number>} by id, when it was asked; the oldest first */
    this.questions = new Map();
    /** @type {Sample[]} oldest first, each with a smaller error than all behind it: the first is the best */
    this.samples = [];
  }

  /** @param {number} now @returns {number | null} the id of the ping to be sent now; null before `nextDue` */
  ask(now) {
    if (now < this.nextDue) return null;
    this.fastLeft = Math.max(this.fastLeft - 1, 0);
    this.nextDue = now + (this.fastLeft > 0 ? FAST_INTERVAL_MS : INTERVAL_MS);
    const id = this.nextId;
    this.nextId = (id + 1) >>> 0;
    this.questions.set(id, now);
    if (this.questions.size > QUESTIONS_MAX) this.questions.delete(this.#oldest());
    return id;
  }

  /** @param {Pong} pong @param {number} arrived @returns {Verdict} */
  pong({id, received_us, sent_us}, arrived) {
    const asked = this.questions.get(id);
    this.questions.delete(id);
    if (asked === undefined || arrived < asked || sent_us < received_us) return 'ignored';
    const elapsed_ms = arrived - asked;
    const rtt_ms = elapsed_ms - (sent_us - received_us) / 1000;
    if (rtt_ms < -(2 * this.resolution_ms + elapsed_ms * DRIFT)) return 'ignored';
    const upper = received_us / 1000 - asked;
    const lower = sent_us / 1000 - arrived;
    const sample = {asked, offset_ms: (upper + lower) / 2, rtt_ms: Math.max(rtt_ms, 0)};
    const known = this.estimate(arrived);
    const agrees = !known || Math.abs(sample.offset_ms - known.offset_ms) <= this.#error(sample, arrived) + known.error_ms;
    if (!agrees) this.#restart(id, arrived);
    this.#keep(sample, arrived);
    return agrees ? 'taken' : 'restarted';
  }

  /** @param {number} now @returns {Estimate | null} null before the first answer; without answers the error grows, for ever */
  estimate(now) {
    const [best] = this.samples;
    return best ? {offset_ms: best.offset_ms, error_ms: this.#error(best, now)} : null;
  }

  /** @param {Sample} sample @param {number} now */
  #error(sample, now) {
    return sample.rtt_ms / 2 + this.resolution_ms + Math.max(now - sample.asked, 0) * DRIFT;
  }

  #oldest() {
    return /** @type {number} */ (this.questions.keys().next().value);
  }

  /** What was asked before this question may have been answered by the clock as it was. @param {number} id @param {number} now */
  #restart(id, now) {
    this.samples = [];
    for (const asked of this.questions.keys()) if (((asked - id) | 0) < 0) this.questions.delete(asked);
    this.restarts++;
    this.fastLeft = FAST_PINGS;
    this.nextDue = Math.min(this.nextDue, now + FAST_INTERVAL_MS);
  }

  /** @param {Sample} sample @param {number} now */
  #keep(sample, now) {
    const error_ms = this.#error(sample, now);
    this.samples = this.samples.filter((each) => this.#error(each, now) < error_ms);
    this.samples.push(sample);
    while (this.samples.length > 1 && now - this.samples[0].asked > WINDOW_MS) this.samples.shift();
  }
}
