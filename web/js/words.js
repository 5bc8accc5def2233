// Every state in words, in one place: what the pill says, what stands over the picture, what a person can do. An old
// picture is never called live.

import {CLOCK_ERROR_WEAK_MS} from './clock_estimator.js';

/** @typedef {import('./session_state.js').State} State */
/** @typedef {import('./freshness.js').Picture} Picture */
/** @typedef {import('./latency.js').Delay} Delay */
/** @typedef {import('./capabilities.js').Missing} Missing */

/**
 * @typedef {'connecting' | 'live' | 'frozen' | 'reconnecting' | 'offline' | 'unknown' | 'refused' | 'unsupported' | 'blocked' | 'paused'} Kind
 * @typedef {object} Words
 * @property {Kind} kind
 * @property {string} pill short, beside the robot's name
 * @property {string} title over the picture; empty: nothing stands over it
 * @property {string} advice what to do or to expect; may be empty
 * @property {string} hint small, while the picture is live
 */

export const UNKNOWN_VALUE = '—';
/** After this long without a first contact "Connecting…" would be a euphemism. */
const PATIENCE_MS = 3000;
const ADVICE_AFTER_MS = 8000;

/** @param {number} ms @returns {string} "0.8 s", "12 s", "3 min" */
export function age(ms) {
  if (ms < 10000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < 120000) return `${Math.floor(ms / 1000)} s`;
  if (ms < 7200000) return `${Math.floor(ms / 60000)} min`;
  return `${Math.floor(ms / 3600000)} h`;
}

/** @param {Delay} delay @returns {string} "84 ms"; "84 ± 25 ms" by a clock that is known badly; "≈ 84 ms"; "—" */
export function delayWords(delay) {
  if (!delay) return UNKNOWN_VALUE;
  const ms = Math.round(delay.ms);
  if (delay.estimated) return `≈ ${ms} ms`;
  const error_ms = delay.error_ms ?? 0;
  return error_ms > CLOCK_ERROR_WEAK_MS ? `${ms} ± ${Math.ceil(error_ms)} ms` : `${ms} ms`;
}

/**
 * @param {string | null} iso @param {Date} now @returns {string} "14:02", "yesterday 14:02", "14 Nov 14:02"; empty when not known
 */
export function since(iso, now) {
  const time = iso === null ? NaN : Date.parse(iso);
  if (!Number.isFinite(time)) return '';
  const date = new Date(time);
  const clock = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
  if (date.toDateString() === now.toDateString()) return clock;
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (date.toDateString() === yesterday.toDateString()) return `yesterday ${clock}`;
  const month = date.toLocaleString('en-GB', {month: 'short'});
  const year = date.getFullYear() === now.getFullYear() ? '' : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${month}${year} ${clock}`;
}

/**
 * @param {object} seen
 * @param {State} seen.session
 * @param {Picture} seen.picture of the chosen camera
 * @param {boolean} seen.paused that camera was not looked at, and no picture has come since
 * @param {Delay} seen.delay
 * @param {boolean} seen.blocked the browser wants a tap before it plays
 * @param {Missing | null} seen.missing what this browser lacks
 * @param {boolean} seen.sleepy the screen may go dark: worth saying, not for ever
 * @param {number} seen.waiting_ms since the picture was last live, or since the page was opened
 * @param {Date} seen.now
 * @returns {Words}
 */
export function words({session, picture, paused, delay, blocked, missing, sleepy, waiting_ms, now}) {
  if (missing) return {kind: 'unsupported', pill: missing.pill, title: missing.title, advice: missing.advice, hint: ''};
  const pathUp = session.phase === 'live' || session.phase === 'restarting';
  if (pathUp && paused) return pausedOn(session);
  if (pathUp && picture.state === 'fresh') return live(session, delay, sleepy);
  if (pathUp && blocked)
    return {kind: 'blocked', pill: 'Tap to start', title: 'Tap to start', advice: 'This browser plays video only after a tap.', hint: ''};
  if (session.phase === 'live') return picture.state === 'frozen' ? frozen(picture) : connecting('Waiting for the first picture', session, waiting_ms);
  return elsewhere(session, waiting_ms, now);
}

/** @param {State} session @param {Delay} delay @param {boolean} sleepy @returns {Words} */
function live(session, delay, sleepy) {
  const hint = !session.signaling ? 'Signaling lost, picture is live' : sleepy ? 'The screen may go dark: only https can keep it on' : '';
  return {kind: 'live', pill: `Live · ${delayWords(delay)}`, title: '', advice: '', hint};
}

/** With the server at hand the picture is back before a title could be read. @param {State} session @returns {Words} */
function pausedOn(session) {
  const [title, advice] = session.signaling ? ['', ''] : ['Paused', 'The picture returns as soon as the server does.'];
  return {kind: 'paused', pill: 'Paused', title, advice, hint: ''};
}

/** @param {Picture} picture @returns {Words} */
function frozen(picture) {
  return {
    kind: 'frozen', pill: 'Frozen', title: `FROZEN ${age(picture.age_ms)}`, advice: 'No new picture. Do not steer by this one.', hint: '',
  };
}

/** @param {string} title @param {State} session @param {number} waiting_ms @returns {Words} */
function connecting(title, session, waiting_ms) {
  const advice = session.details ? session.details.slice(0, 200) : waiting_ms < ADVICE_AFTER_MS ? '' :
    'The robot answers, but no picture arrives. If the browser asks for access to the local network, allow it.';
  return {kind: 'connecting', pill: 'Connecting', title, advice, hint: ''};
}

/** @param {State} session @param {number} waiting_ms @param {Date} now @returns {Words} */
function elsewhere(session, waiting_ms, now) {
  switch (session.phase) {
    case 'offline': return offline(session, now);
    case 'unknown':
      return {
        kind: 'unknown', pill: 'Unknown robot', title: `No robot is called ${session.robot}`,
        advice: 'Check the name in the address, or choose a robot from the list. If it is new, it appears here by itself.', hint: '',
      };
    case 'refused':
      return {
        kind: 'refused', pill: 'Refused', title: `${session.robot} has too many viewers`,
        advice: 'This page gets in by itself as soon as one of them leaves.', hint: '',
      };
    case 'server':
      return session.everLive || waiting_ms > PATIENCE_MS ? reconnecting(session, waiting_ms) : connecting('Connecting…', session, 0);
    default:
      return session.everLive ? reconnecting(session, waiting_ms) : connecting('Connecting…', session, waiting_ms);
  }
}

/** @param {State} session @param {Date} now @returns {Words} */
function offline(session, now) {
  const when = since(session.offlineSince, now);
  return {
    kind: 'offline', pill: 'Offline', title: `${session.robot} is offline${when ? ` since ${when}` : ''}`,
    advice: 'The picture returns by itself when the robot does.', hint: '',
  };
}

/** @param {State} session @param {number} waiting_ms @returns {Words} */
function reconnecting(session, waiting_ms) {
  const why = {network: 'network changed', server: 'server unreachable', path: 'connection lost', robot: 'robot restarted', picture: 'picture lost'};
  const cause = !session.signaling && session.cause !== 'network' ? 'server' : (session.cause ?? 'path');
  return {
    kind: 'reconnecting', pill: 'Reconnecting', title: `Reconnecting (${why[cause]})`,
    advice: session.everLive ? `The last picture is ${age(waiting_ms)} old.` : 'Tries again by itself.', hint: '',
  };
}
