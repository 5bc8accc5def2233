// Is the picture new? An operator who steers by an old picture hits things, so the rule is hard: no new frame for
// 300 ms is frozen. `Freshness` is the pure core; `watchFrames` feeds it from a video element.

export const FROZEN_AFTER_MS = 300;
/** Timers of a hidden tab run once a second, so one missing look proves nothing there. */
export const FROZEN_AFTER_HIDDEN_MS = 2500;

/** @typedef {{state: 'waiting' | 'fresh' | 'frozen', age_ms: number}} Picture age of the newest frame; of the wait while `waiting` */

export class Freshness {
  /** @param {number} now ms */
  constructor(now) {
    this.newest_at = now;
    this.seen = false;
    /** @type {unknown} */
    this.frame = undefined;
    this.decoded = -1;
    this.limit_ms = FROZEN_AFTER_MS;
  }

  /** A new stream: nothing is known of it. @param {number} now */
  reset(now) {
    this.newest_at = now;
    this.seen = false;
    this.frame = undefined;
    this.decoded = -1;
  }

  /**
   * A frame was shown. Only another `id` (RTP or media time) counts: a repaint of the same frame is not news.
   * @param {number} now @param {unknown} id
   */
  shown(now, id) {
    if (this.seen && id === this.frame) return;
    this.frame = id;
    this.seen = true;
    this.newest_at = Math.max(now, this.newest_at);
  }

  /** The decoder's frame count, for a tab that shows nothing. @param {number} now @param {number} decoded */
  counted(now, decoded) {
    if (decoded > this.decoded && this.decoded >= 0) {
      this.seen = true;
      this.newest_at = Math.max(now, this.newest_at);
    }
    this.decoded = decoded;
  }

  /** @param {boolean} hidden the tab @param {number} now */
  setHidden(hidden, now) {
    const wasFrozen = this.picture(now).state === 'frozen';
    this.limit_ms = hidden ? FROZEN_AFTER_HIDDEN_MS : FROZEN_AFTER_MS;
    // Back in sight, the newest frame may be a second old by the slow clock of a hidden tab: give it one limit to show.
    if (!hidden && this.seen && !wasFrozen) this.newest_at = now;
    if (hidden) this.decoded = -1;
  }

  /** @param {number} now @returns {Picture} */
  picture(now) {
    const age_ms = Math.max(0, now - this.newest_at);
    if (!this.seen) return {state: 'waiting', age_ms};
    return {state: age_ms >= this.limit_ms ? 'frozen' : 'fresh', age_ms};
  }
}

/**
 * Calls `onFrame` for every frame that the element shows, while the tab can be seen.
 * @param {HTMLVideoElement} video
 * @param {(now: number, metadata: VideoFrameCallbackMetadata) => void} onFrame
 * @returns {() => void} ends it
 */
export function watchFrames(video, onFrame) {
  let handle = 0;
  /** @type {VideoFrameRequestCallback} */
  const next = (now, metadata) => {
    handle = video.requestVideoFrameCallback(next);
    onFrame(now, metadata);
  };
  handle = video.requestVideoFrameCallback(next);
  return () => video.cancelVideoFrameCallback(handle);
}
