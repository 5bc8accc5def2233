// What a robot is told of its pictures' age: every two seconds one message a camera, the median of what the overlay knew
// meanwhile. Pure: it is told what is known, and when.

import {DELAY_MS_MAX} from './protocol.js';

/** @typedef {import('./latency.js').Delay} Delay */
/** @typedef {import('./protocol.js').PeerMessage} PeerMessage */

const REPORT_EVERY_MS = 2000;

export class DelayReports {
  /** @param {number} now */
  constructor(now) {
    this.takenAt = now;
    /** @type {Map<string, {ms: number[], estimated: boolean, error_ms: number}>} by camera, since the last reports; the largest error */
    this.known = new Map();
    /** @type {string | undefined} a session whose robot takes none */
    this.refusedBy = undefined;
  }

  /** @param {string} camera @param {Delay} delay of a picture that is seen now */
  add(camera, delay) {
    const error_ms = delay?.error_ms ?? 0;
    if (!delay || delay.ms < 0 || delay.ms > DELAY_MS_MAX || error_ms > DELAY_MS_MAX) return;
    const before = this.known.get(camera);
    // What is known and what was guessed have no common median.
    const ms = before?.estimated === delay.estimated ? [...before.ms, delay.ms] : [delay.ms];
    this.known.set(camera, {ms, estimated: delay.estimated, error_ms: Math.max(error_ms, ms.length > 1 ? before?.error_ms ?? 0 : 0)});
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
    return known.map(([camera, {ms, estimated, error_ms}]) => {
      const report = {camera, delayMs: Math.round(median(ms) * 10) / 10, estimated};
      return {type: 'peer', sessionId, report: estimated ? report : {...report, errorMs: Math.ceil(error_ms * 10) / 10}};
    });
  }
}

/** @param {number[]} values at least one */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
