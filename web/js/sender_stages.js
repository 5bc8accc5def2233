// How long the robot says its pictures take before they leave it: asked for once a second. Of one session, pure; the native
// viewer's counterpart is src/view/sender_stages.hpp.

/** Less than the second in which a timer that is a little early comes. */
const ASK_EVERY_MS = 900;
/** What was told last says nothing any more. */
const STALE_MS = 5000;

export class SenderStages {
  constructor() {
    this.id = 0;
    this.askedAt = -Infinity;
    this.toldAt = -Infinity;
    /** @type {Map<number, number>} */
    this.before_ms = new Map();
  }

  /** @param {number} now @returns {number | null} the id of a question to be sent now */
  ask(now) {
    if (now < this.askedAt + ASK_EVERY_MS) return null;
    this.askedAt = now;
    return ++this.id;
  }

  /** @param {import('./clock_message.js').StagesAnswer | null} answer @param {number} now */
  told(answer, now) {
    if (!answer || answer.id !== this.id) return;
    this.before_ms = answer.before_ms;
    this.toldAt = now;
  }

  /** From capture until the first packet leaves. @param {number} mLine the camera's @param {number} now @returns {number | null} */
  before(mLine, now) {
    return now > this.toldAt + STALE_MS ? null : this.before_ms.get(mLine) ?? null;
  }
}
