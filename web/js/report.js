// What a robot is told of its pictures' age, and where that time went: every two seconds one message a camera, the median of what the
// overlay knew meanwhile. Pure: it is told what is known, and when.

import {DELAY_MS_MAX} from './protocol.js';

/** @typedef {import('./latency.js').Delay} Delay */
/** @typedef {import('./protocol.js').PeerMessage} PeerMessage */
/** @typedef {import('./protocol.js').Stages} Stages */

const REPORT_EVERY_MS = 2000;
/** @type {(keyof Stages)[]} */
const STAGES = ['network', 'reassembly', 'wait', 'decode', 'display'];

export class DelayReports {
  /** @param {number} now */
  constructor(now) {
    this.takenAt = now;
    /** @type {Map<string, {ms: number[], estimated: boolean, error_ms: number, stages: Stages[]}>} by camera, since the last reports; the largest error */
    this.known = new Map();
    /** @type {string | undefined} a session whose robot takes none */
    this.refusedBy = undefined;
  }

  /** @param {string} camera @param {Delay} delay of a picture that is seen now @param {Stages} [stages] of those of the last second */
  add(camera, delay, stages = {}) {
    const error_ms = delay?.error_ms ?? 0;
    if (!delay || delay.ms < 0 || delay.ms > DELAY_MS_MAX || error_ms > DELAY_MS_MAX) return;
    const before = this.known.get(camera);
    // What is known and what was guessed have no common median.
    const ms = before?.estimated === delay.estimated ? [...before.ms, delay.ms] : [delay.ms];
    this.known.set(camera, {
      ms, estimated: delay.estimated, error_ms: Math.max(error_ms, ms.length > 1 ? before?.error_ms ?? 0 : 0),
      stages: [...(before?.stages ?? []), stages],
    });
  }

  /** A robot that speaks GStreamer's protocol only. @param {string | undefined} sessionId */
  refused(sessionId) {
    this.refusedBy = sessionId;
  }

  /** @param {number} now @param {import('./session_state.js').State} session @returns {PeerMessage[]} to send */
  due(now, {sessionId, signaling, features}) {
    if (now - this.takenAt < REPORT_EVERY_MS) return [];
    this.takenAt = now;
    const known = [...this.known];
    this.known.clear();
    if (!sessionId || sessionId === this.refusedBy || !signaling || !features.includes('report')) return [];
    return known.map(([camera, {ms, estimated, error_ms, stages}]) => {
      /** @type {import('./protocol.js').Report} */
      const report = {camera, delayMs: Math.round(median(ms) * 10) / 10, estimated};
      if (!estimated) report.errorMs = Math.ceil(error_ms * 10) / 10;
      const stagesMs = medians(stages);
      if (Object.keys(stagesMs).length > 0) report.stagesMs = stagesMs;
      return {type: 'peer', sessionId, report};
    });
  }
}

/** Of each stage that was known at all. @param {Stages[]} all @returns {Stages} */
function medians(all) {
  /** @type {Stages} */
  const result = {};
  for (const name of STAGES) {
    const values = all.map((each) => each[name]).filter((ms) => ms !== undefined && ms >= 0 && ms <= DELAY_MS_MAX);
    if (values.length > 0) result[name] = Math.round(median(/** @type {number[]} */ (values)) * 10) / 10;
  }
  return result;
}

/** @param {number[]} values at least one */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
