// How old the shown picture is. Two sources, the better one first:
//   stamp     a `test:` picture carries the time it was drawn at (docs/stamp.md): exact where robot and page share a clock
//   estimate  capture time as far as the browser can map it, else half the round trip + playout; shown with "≈"

/** @typedef {{ms: number, estimated: boolean} | null} Delay */

/** Longer than this it is two clocks that disagree, not a delay. */
const PLAUSIBLE_MS_MAX = 5000;
/** What a stamp may exceed the estimate by: capture and encoding, which the estimate cannot see, and a poor picture. */
const STAMP_ABOVE_ESTIMATE_MS_MAX = 400;
/** From the decoder's output to light: on average half a refresh of a 60 Hz display and its compositing. */
const DISPLAY_MS = 12;

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

/**
 * @param {object} known
 * @param {number | null} known.stamp_ms shown − drawn, by the two clocks as they are
 * @param {number | null} known.captured_ms shown − captured, as the browser maps the robot's clock onto its own
 * @param {number | null} known.rtt_ms
 * @param {number | null} known.playout_ms
 * @returns {Delay}
 */
export function delay({stamp_ms, captured_ms, rtt_ms, playout_ms}) {
  const way_ms = rtt_ms === null || playout_ms === null ? null : rtt_ms / 2 + playout_ms + DISPLAY_MS;
  const mapped_ms = captured_ms !== null && plausible(captured_ms, rtt_ms) ? captured_ms : null;
  const estimate_ms = mapped_ms ?? way_ms;
  if (stamp_ms !== null && plausible(stamp_ms, rtt_ms)) {
    // Two machines' clocks may disagree by any amount: a stamp far from what the path allows says more of clocks than of delay.
    const believable = way_ms === null || Math.abs(stamp_ms - way_ms) <= STAMP_ABOVE_ESTIMATE_MS_MAX;
    if (believable) return {ms: stamp_ms, estimated: false};
  }
  return estimate_ms === null ? null : {ms: estimate_ms, estimated: true};
}

/** Not faster than light and not older than the session. @param {number} ms @param {number | null} rtt_ms */
function plausible(ms, rtt_ms) {
  return ms > 0 && ms >= (rtt_ms ?? 0) / 2 - 5 && ms < PLAUSIBLE_MS_MAX;
}
