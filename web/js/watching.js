// What the robot is told of the cameras that are looked at (docs/protocol.md, `watch`), so that it sends no others. Pure:
// it is told what is seen, and when.

/** @typedef {import('./session_state.js').State} State */
/** @typedef {import('./protocol.js').PeerMessage} PeerMessage */

/** A page that is hidden for a moment keeps its pictures; one that stays hidden lets the robot's encoders sleep. */
export const HIDDEN_MS_MAX = 10000;
const AGAIN_AFTER_MS = 1000;

export class Watching {
  constructor() {
    /** @type {number | null} */
    this.hiddenAt = null;
    /** @type {string | null} the session that was told */
    this.session = null;
    /** @type {string[] | null} null: nothing was said, so everything is sent */
    this.told = null;
    /** What was told may not have arrived. */
    this.doubtful = false;
    this.notBefore = 0;
    /** @type {string | undefined} a session whose robot takes no such message */
    this.refusedBy = undefined;
  }

  /** @param {boolean} hidden the tab @param {number} now */
  setHidden(hidden, now) {
    this.hiddenAt = hidden ? (this.hiddenAt ?? now) : null;
  }

  /** Does anybody look at this page? @param {number} now */
  isWatched(now) {
    return this.hiddenAt === null || now - this.hiddenAt < HIDDEN_MS_MAX;
  }

  /** As far as it was told, the robot sends this camera. @param {string} camera */
  sends(camera) {
    return this.told === null || this.told.includes(camera);
  }

  /** Whatever the server says of a session. @param {import('./protocol.js').FromServer} message @param {number} now */
  heard(message, now) {
    if (message.type === 'sessionResumed') this.doubtful = true;
    if (message.type !== 'error') return;
    if (message.code === 'unsupported' && message.sessionId) {
      this.refusedBy = message.sessionId;
      this.told = null;
    }
    if (message.code === 'peer-busy' || message.code === 'rate') {
      this.doubtful = true;
      this.notBefore = now + AGAIN_AFTER_MS;
    }
  }

  /**
   * @param {State} session @param {string[]} cameras all of its m-lines; empty while their names are not known
   * @param {(at: number) => boolean} isSeen @param {number} now
   * @returns {PeerMessage | null} to send; sent() then
   */
  due({sessionId, signaling, robotHere, features}, cameras, isSeen, now) {
    if (sessionId && sessionId !== this.session) Object.assign(this, {session: sessionId, told: null, doubtful: false, notBefore: 0});
    if (!sessionId || !signaling || !robotHere || !features.includes('watch') || sessionId === this.refusedBy) return null;
    if (cameras.length === 0 || now < this.notBefore) return null;
    const watch = this.isWatched(now) ? cameras.filter((_, at) => isSeen(at)) : [];
    const before = this.told ?? cameras;
    const same = watch.length === before.length && watch.every((camera, at) => camera === before[at]);
    return same && !(this.doubtful && this.told) ? null : {type: 'peer', sessionId, watch};
  }

  /** @param {PeerMessage} message */
  sent(message) {
    this.told = message.watch ?? null;
    this.doubtful = false;
  }
}
