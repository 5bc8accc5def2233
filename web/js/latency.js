// How old the shown picture is, from capture until the page presents it (a display adds its own refresh). Where the robot answers
// pings (docs/clock.md), `clockedDelay` knows it within a bound. Else it is an estimate, shown with "≈", of two sources:
//   capture   when the picture was captured, by the robot's clock: sender reports tell about how far that is from ours
//   path      half the round trip + what the receiver needs: without capture and encoding
// When a picture was captured is abs-capture-time, which the browser tells (RTCRtpSynchronizationSource.captureTimestamp).

/** @typedef {{ms: number, estimated: boolean, error_ms?: number} | null} Delay `error_ms`: of the clock, where it is known */

/** Longer than this it is two clocks that disagree, not a delay. */
const PLAUSIBLE_MS_MAX = 10000;
/** Of a delay by a clock that is known. */
const CLOCKED_MS_MAX = 60000;
/** Sender reports of one machine to itself came within 0.5 ms; a busy one takes longer to read them. */
const REPORT_ERROR_MS = 3;
const DELAY_SLOW_MS = 150;
const DELAY_BAD_MS = 250;
/** From the decoder's output to the next refresh of a 60 Hz display, on average. */
const DISPLAY_MS = 8;
/** RTP's capture times count from 1900 (NTP), the page's from 1970. */
export const NTP_EPOCH_MS = 2208988800000;
/** One sender report a second: a clock is judged by the last quarter of a minute. */
const REPORTS_KEPT = 16;

/** The median of what was seen in the last second: one late frame must not make the figure jump. */
export class Recent {
  /** @param {number} [window_ms] */
  constructor(window_ms = 1000) {
    this.window_ms = window_ms;
    /** @type {{at: number, value: number}[]} */
    this.entries = [];
  }

  /** @param {number} at @param {number} value */
  add(at, value) {
    this.entries.push({at, value});
    if (this.entries.length > 256) this.entries.shift();
  }

  /** @param {number} now @returns {number | null} */
  median(now) {
    this.entries = this.entries.filter((entry) => now - entry.at <= this.window_ms);
    if (this.entries.length === 0) return null;
    const values = this.entries.map((entry) => entry.value).sort((a, b) => a - b);
    return values[values.length >> 1];
  }
}

/** Our clock − the robot's, from its sender reports: the report that queued least, less half the least round trip. */
export class ClockOffset {
  constructor() {
    /** @type {{sent_ms: number, late_ms: number, rtt_ms: number}[]} */
    this.reports = [];
  }

  /** @param {{sent_ms: number, arrived_ms: number}} report by the robot's clock and by ours @param {number} rtt_ms */
  add({sent_ms, arrived_ms}, rtt_ms) {
    if (this.reports.at(-1)?.sent_ms === sent_ms) return;
    this.reports.push({sent_ms, late_ms: arrived_ms - sent_ms, rtt_ms});
    if (this.reports.length > REPORTS_KEPT) this.reports.shift();
  }

  /** @returns {number | null} */
  get ms() {
    if (this.reports.length === 0) return null;
    const least = (/** @type {number[]} */ values) => Math.min(...values);
    return least(this.reports.map((report) => report.late_ms)) - least(this.reports.map((report) => report.rtt_ms)) / 2;
  }
}

/**
 * @param {object} known
 * @param {number | null} known.capture_ms shown − captured, by the two clocks as they are
 * @param {import('./clock_estimator.js').Estimate | null} known.clock the robot's, from its answers
 * @param {number | null} known.offset_ms our clock − the robot's, from its sender reports
 * @param {number | null} known.rtt_ms
 * @param {number | null} known.playout_ms
 * @returns {Delay}
 */
export function delay({capture_ms, clock, offset_ms, rtt_ms, playout_ms}) {
  if (capture_ms !== null && clock) return clockedDelay({captured_ms: 0, shown_ms: capture_ms}, clock);
  const least_ms = (rtt_ms ?? 0) / 2;
  if (capture_ms !== null && offset_ms !== null && plausible(capture_ms - offset_ms, least_ms))
    return {ms: capture_ms - offset_ms, estimated: true};
  return rtt_ms === null || playout_ms === null ? null : {ms: least_ms + playout_ms + DISPLAY_MS, estimated: true};
}

/**
 * By the robot's clock as its answers tell it (clock_estimator.js); src/latency/delay.cpp says the same of the same.
 * @param {{captured_ms: number, shown_ms: number}} picture by the robot's clock since 1970, and by ours
 * @param {import('./clock_estimator.js').Estimate} clock
 * @returns {Delay} never below 0; null when it would be shown before it was captured by more than the clock may be wrong
 */
export function clockedDelay({captured_ms, shown_ms}, {offset_ms, error_ms}) {
  const ms = shown_ms + offset_ms - captured_ms;
  return ms < -error_ms || ms > CLOCKED_MS_MAX ? null : {ms: Math.max(ms, 0), estimated: false, error_ms};
}

/** For somebody who steers, by the milliseconds as they are shown. @param {Delay} delay @returns {'good' | 'slow' | 'bad' | null} */
export function delayGrade(delay) {
  if (!delay) return null;
  const shown = Math.round(delay.ms);
  return shown >= DELAY_BAD_MS ? 'bad' : shown >= DELAY_SLOW_MS ? 'slow' : 'good';
}

/** Not faster than the path, not older than the session. @param {number} ms @param {number} least_ms */
function plausible(ms, least_ms) {
  return ms > 0 && ms >= least_ms - REPORT_ERROR_MS && ms < PLAUSIBLE_MS_MAX;
}
