// How long nothing has come on the path of a session, judged by its byte count at every look. Pure: it is told the time.

/** Of the time between two looks more than this does not count: it was the page that stood still, and what came meanwhile is not counted yet. */
const LOOK_MS_MAX = 1000;

export class Silence {
  /** @param {number} now */
  constructor(now) {
    this.since = now;
    this.lookedAt = now;
    this.bytes = -1;
  }

  /** Another path, or one that was not to send: nothing is known of it. @param {number} now */
  reset(now) {
    this.since = now;
    this.lookedAt = now;
    this.bytes = -1;
  }

  /** What was not asked for until now is no silence. @param {number} now */
  forgive(now) {
    this.since = now;
  }

  /** @param {number} now @param {number} bytes that have come so far, -1 when not known @returns {boolean} something came */
  counted(now, bytes) {
    const came = bytes !== this.bytes;
    if (came) this.since = now;
    else this.since += Math.max(0, now - this.lookedAt - LOOK_MS_MAX);
    this.lookedAt = now;
    this.bytes = bytes;
    return came;
  }

  /** @param {number} now */
  ms(now) {
    return now - this.since;
  }
}
