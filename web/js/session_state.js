// What a viewing session does next: a pure step(state, event, now) → {state, actions}. No timers: `deadline` says when a
// `tick` is due. session.js carries the actions out; the phases are also the words of words.js.
//
//   server ─up─▶ asking ─offer─▶ connecting ─path connected─▶ live ⇄ restarting (new ICE credentials, same session)
//                  │ ▲                                          │ restart failed, picture still frozen
//       offline, unknown, refused ◀────── waiting ◀─────────────┘ (a new session)

/**
 * @typedef {'server' | 'asking' | 'connecting' | 'live' | 'restarting' | 'waiting' | 'offline' | 'unknown' | 'refused'} Phase
 * @typedef {'network' | 'server' | 'path' | 'robot' | 'picture'} Cause why the picture was lost
 *
 * @typedef {object} State
 * @property {Phase} phase
 * @property {string} robot
 * @property {Cause | null} cause
 * @property {boolean} signaling the socket is up
 * @property {string[]} features of the server
 * @property {boolean} robotHere as far as the server said
 * @property {string | null} offlineSince ISO time
 * @property {string | null} sessionId
 * @property {string | null} resumeToken
 * @property {boolean} peer an RTCPeerConnection exists
 * @property {boolean} wantRestart ask for new credentials as soon as the session is known to the server again
 * @property {boolean} offered the offer of a restart has come
 * @property {boolean} nudged the socket was replaced because that offer did not come
 * @property {boolean} everLive
 * @property {number} frozen_ms age of the newest frame once it counts as frozen, else 0
 * @property {number} attempts new sessions begun since the last moving picture
 * @property {number | null} networkAt when this machine's network last changed
 * @property {number | null} deadline
 * @property {string | null} details what server or robot said
 * @property {boolean} resumed the robot has come back to this very session, so whatever is said of its connection later is old
 *
 * @typedef {import('./protocol.js').FromServer} FromServer
 * @typedef {{type: 'up', features: string[]} | {type: 'down'} | {type: 'message', message: FromServer}
 *   | {type: 'robot', online: boolean} | {type: 'found', robot: {online: boolean, since: string | null} | null}
 *   | {type: 'path', state: RTCPeerConnectionState} | {type: 'network', back: boolean}
 *   | {type: 'picture', frozen_ms: number, silent_ms: number} | {type: 'tick'}} Event
 *
 * @typedef {{do: 'startSession'} | {do: 'endSession', sessionId: string} | {do: 'closePeer'} | {do: 'offer', sdp: string}
 *   | {do: 'candidate', ice: import('./protocol.js').Candidate} | {do: 'restart', sessionId: string} | {do: 'lookup'}
 *   | {do: 'reconnect'}} Action
 * @typedef {{state: State, actions: Action[]}} Step
 */

const ANSWER_MS_MAX = 6000;
const CONNECT_MS_MAX = 10000;
/** A restart offer takes one round trip through the server; later than this the socket is dead, not slow. */
const OFFER_MS_MAX = 2000;
const RESTART_MS_MAX = 5000;
/** A robot that came back either resumes the session by then or is a new process that knows nothing of it. */
const RESUME_MS_MAX = 700;
/** After a hello the server says at once whether the session goes on, unless the robot is still on its way back too. */
const RESUMED_MS_MAX = 1500;
const LOOKUP_EVERY_MS = 15000;
const REFUSED_PAUSE_MS = 5000;
/** The robot sends RTCP every second: longer silence on the whole path is a lost path, not a slow camera. */
const SILENT_MS_MAX = 1300;
/** Frozen while packets still arrive: the camera is at fault; a new session is only worth a try now and then. */
const FROZEN_MS_MAX = 10000;
/** Phases in which the path of a session may still stand, or stand again. @type {Phase[]} */
const HOLDS_A_PATH = ['connecting', 'live', 'restarting', 'offline', 'server'];
const NETWORK_MEMORY_MS = 10000;
const PAUSES_MS = [100, 500, 1000, 2000, 5000];

const NO_ROBOT = 'no-peer';
const FULL = 'too-many-sessions';
const NO_SESSION = ['no-session', 'bad-token'];

/** @param {string} robot @returns {State} */
export function initial(robot) {
  return {
    phase: 'server', robot, cause: null, signaling: false, features: [], robotHere: true, offlineSince: null, sessionId: null,
    resumeToken: null, peer: false, wantRestart: false, offered: false, nudged: false, everLive: false, frozen_ms: 0, attempts: 0,
    networkAt: null, deadline: null, details: null, resumed: false,
  };
}

/** @param {State} state @param {Event} event @param {number} now ms, any monotonic origin @returns {Step} */
export function step(state, event, now) {
  switch (event.type) {
    case 'up': return up({...state, signaling: true, features: event.features}, now);
    case 'down': return down({...state, signaling: false, resumed: false});
    case 'message': return message(state, event.message, now);
    case 'robot': return robot({...state, robotHere: event.online, resumed: state.resumed && event.online}, now);
    case 'found': return found(state, event.robot, now);
    case 'path': return path(state, event.state, now);
    case 'network': return network(state, event.back, now);
    case 'picture': return picture(state, event.frozen_ms, event.silent_ms, now);
    case 'tick': return state.deadline !== null && now >= state.deadline ? overdue({...state, deadline: null}, now) : stay(state);
  }
}

/** @param {State} state @param {Action[]} actions @returns {Step} */
function stay(state, ...actions) {
  return {state, actions};
}

/** A new session, in place of the one that was. @param {State} state @param {number} now @param {Cause | null} [cause] @returns {Step} */
function begin(state, now, cause = state.cause) {
  /** @type {Action[]} */
  const actions = [];
  if (state.sessionId && state.signaling) actions.push({do: 'endSession', sessionId: state.sessionId});
  if (state.peer) actions.push({do: 'closePeer'});
  const fresh = {...state, cause, sessionId: null, resumeToken: null, peer: false, wantRestart: false, nudged: false, frozen_ms: 0, resumed: false};
  if (!state.signaling) return stay({...fresh, phase: 'server', deadline: null}, ...actions);
  return stay({...fresh, phase: 'asking', deadline: now + ANSWER_MS_MAX}, ...actions, {do: 'startSession'});
}

/** @param {State} state @param {number} now @param {Cause | null} [cause] @returns {Step} */
function retry(state, now, cause = state.cause) {
  const pause_ms = PAUSES_MS[Math.min(state.attempts, PAUSES_MS.length - 1)];
  /** @type {Action[]} */
  const actions = [];
  if (state.sessionId && state.signaling) actions.push({do: 'endSession', sessionId: state.sessionId});
  if (state.peer) actions.push({do: 'closePeer'});
  return stay({
    ...state, phase: 'waiting', cause, sessionId: null, resumeToken: null, peer: false, attempts: state.attempts + 1,
    deadline: now + pause_ms,
  }, ...actions);
}

/** New ICE credentials for the session that lives. @param {State} state @param {number} now @param {Cause} cause @returns {Step} */
function restart(state, now, cause) {
  if (state.networkAt !== null && now - state.networkAt < NETWORK_MEMORY_MS) cause = 'network';
  if (!state.sessionId || !state.features.includes('restart')) return begin(state, now, cause);
  const next = /** @type {State} */ ({...state, phase: 'restarting', cause, offered: false});
  if (!state.signaling) return stay({...next, wantRestart: true, deadline: null});
  return stay({...next, wantRestart: false, deadline: now + OFFER_MS_MAX}, {do: 'restart', sessionId: state.sessionId});
}

/** @param {State} state @param {number} now @returns {Step} */
function up(state, now) {
  const stands = state.phase === 'live' || state.phase === 'restarting' || state.phase === 'connecting';
  if (!stands) return begin(state, now);
  if (!state.sessionId) return state.phase === 'live' ? stay(state) : begin(state, now);
  if (state.features.includes('resume')) return stay(state.phase === 'restarting' ? {...state, nudged: true, deadline: now + RESUMED_MS_MAX} : state);
  // GStreamer's own server forgets a session with its socket: the media may run on, but nothing can be said about it.
  if (state.phase === 'live') return stay({...state, sessionId: null, resumeToken: null});
  return begin(state, now);
}

/** @param {State} state @returns {Step} */
function down(state) {
  if (state.phase === 'live' || state.phase === 'connecting') return stay(state);
  if (state.phase === 'restarting') return stay({...state, wantRestart: true, deadline: null});
  return stay({...state, phase: 'server', cause: state.cause ?? 'server', deadline: null});
}

/** @param {State} state @param {FromServer} message @param {number} now @returns {Step} */
function message(state, message, now) {
  switch (message.type) {
    case 'sessionStarted':
      if (state.phase !== 'asking' || state.sessionId) return stay(state, {do: 'endSession', sessionId: message.sessionId});
      return stay({...state, sessionId: message.sessionId, resumeToken: message.resumeToken ?? null});
    case 'sessionResumed': return message.sessionId === state.sessionId ? resumed(state, now) : stay(state);
    case 'peer': return message.sessionId === state.sessionId ? fromRobot(state, message, now) : stay(state);
    case 'endSession': return message.sessionId === state.sessionId ? ended(state, null, now) : stay(state);
    case 'endSessionV1_1':
      return message.sessionId === state.sessionId ? ended(state, message.error ?? null, now) : stay(state);
    case 'error': return refused(state, message, now);
    default: return stay(state);
  }
}

/** @param {State} state @param {number} now @returns {Step} */
function resumed(state, now) {
  const here = {...state, robotHere: true, resumed: true};
  if (state.phase === 'live' && !state.wantRestart) return stay({...here, deadline: null});
  if (state.phase !== 'live') return restart(here, now, state.cause ?? 'path');
  // The picture still moves: a new path is made beside it without a word.
  return stay({...here, wantRestart: false, deadline: null}, {do: 'restart', sessionId: String(state.sessionId)});
}

/** @param {State} state @param {import('./protocol.js').PeerMessage} message @param {number} now @returns {Step} */
function fromRobot(state, message, now) {
  if (message.ice) return stay(state, {do: 'candidate', ice: message.ice});
  if (message.sdp?.type !== 'offer') return stay(state);
  /** @type {Action} */
  const answer = {do: 'offer', sdp: message.sdp.sdp};
  const next = {...state, peer: true, robotHere: true};
  if (state.phase === 'asking') return stay({...next, phase: 'connecting', deadline: now + CONNECT_MS_MAX}, answer);
  if (state.phase === 'restarting') return stay({...next, offered: true, deadline: now + RESTART_MS_MAX}, answer);
  return stay(next, answer);
}

/** @param {State} state @param {string | null} why @param {number} now @returns {Step} */
function ended(state, why, now) {
  const {state: next, actions} = retry({...state, sessionId: null, details: why}, now, 'robot');
  if (why && /too many/i.test(why)) return stay({...next, phase: 'refused', deadline: now + REFUSED_PAUSE_MS}, ...actions);
  return stay(next, ...actions, {do: 'lookup'});
}

/** @param {State} state @param {import('./protocol.js').ErrorMessage} message @param {number} now @returns {Step} */
function refused(state, message, now) {
  const code = message.code ?? '';
  const ours = message.sessionId !== undefined && message.sessionId === state.sessionId;
  if (state.phase === 'asking' && (!message.sessionId || ours)) {
    const next = {...state, details: message.details};
    if (code === NO_ROBOT) return gone(next, now);
    if (code === FULL) return stay({...next, phase: 'refused', sessionId: null, deadline: now + REFUSED_PAUSE_MS});
    return retry(next, now);
  }
  if (!NO_SESSION.includes(code) || (message.sessionId && !ours)) return stay(state);
  if (state.phase === 'live') return stay({...state, sessionId: null, resumeToken: null});
  return state.phase === 'restarting' || state.phase === 'connecting' ? begin(state, now) : stay(state);
}

/** @param {State} state @param {number} now @returns {Step} */
function robot(state, now) {
  if (state.robotHere) {
    if (state.phase === 'waiting' || state.phase === 'unknown' || state.phase === 'refused') return begin(state, now);
    if (state.phase === 'offline' && !state.peer) return begin(state, now, 'robot');
    const lost = state.phase === 'restarting' || state.phase === 'offline' || (state.phase === 'live' && state.frozen_ms > 0);
    // The server says first that the session goes on, then that the robot is there.
    return stay(lost && !state.resumed ? {...state, deadline: now + RESUME_MS_MAX} : state);
  }
  if (state.phase === 'restarting' || state.phase === 'asking' || state.phase === 'waiting') return gone(state, now);
  return stay(state);
}

/** The robot is not there. A path that still stands is kept: its picture may return before its signaling does.
 * @param {State} state @param {number} now @returns {Step} */
function gone(state, now) {
  return stay({...state, phase: 'offline', robotHere: false, offlineSince: null, deadline: now + LOOKUP_EVERY_MS}, {do: 'lookup'});
}

/** @param {State} state @param {{online: boolean, since: string | null} | null} robot @param {number} now @returns {Step} */
function found(state, robot, now) {
  if (state.phase !== 'offline' && state.phase !== 'unknown' && state.phase !== 'waiting') return stay(state);
  const deadline = now + LOOKUP_EVERY_MS;
  // A restarted server knows no robot until it is back: whom we have seen is away, not unknown.
  if (!robot) return state.phase === 'waiting' ? stay(state) : stay({...state, phase: state.everLive ? 'offline' : 'unknown', deadline});
  if (!robot.online) return stay({...state, phase: 'offline', robotHere: false, offlineSince: robot.since, deadline});
  return state.phase === 'waiting' ? stay(state) : retry({...state, robotHere: true}, now);
}

/** @param {State} state @param {RTCPeerConnectionState} path @param {number} now @returns {Step} */
function path(state, path, now) {
  if (path === 'connected') {
    if (state.phase !== 'connecting' && state.phase !== 'restarting') return stay(state);
    return stay({...state, phase: 'live', everLive: true, deadline: null, wantRestart: false, nudged: false});
  }
  if (path !== 'disconnected' && path !== 'failed') return stay(state);
  if (state.phase === 'live') return state.robotHere ? restart(state, now, 'path') : gone(state, now);
  return state.phase === 'connecting' && path === 'failed' ? retry(state, now, state.cause ?? 'path') : stay(state);
}

/** @param {State} state @param {boolean} back false: the network went away @param {number} now @returns {Step} */
function network(state, back, now) {
  const next = {...state, networkAt: now};
  if (!back) return stay(next);
  const wantRestart = state.phase === 'live' || state.phase === 'restarting';
  return stay({...next, wantRestart}, {do: 'reconnect'});
}

/** @param {State} state @param {number} frozen_ms 0: a new frame came @param {number} silent_ms since any packet @param {number} now @returns {Step} */
function picture(state, frozen_ms, silent_ms, now) {
  const next = {...state, frozen_ms};
  if (frozen_ms === 0) {
    if (!state.peer || !HOLDS_A_PATH.includes(state.phase)) return stay(next);
    return stay({...next, phase: 'live', everLive: true, cause: null, attempts: 0, nudged: false, deadline: null, details: null});
  }
  if (state.phase !== 'live') return stay(next);
  if (!state.robotHere && frozen_ms >= 1000) return gone(next, now);
  if (silent_ms >= SILENT_MS_MAX) return restart(next, now, 'path');
  if (frozen_ms >= Math.min(60000, FROZEN_MS_MAX * 2 ** state.attempts))
    return begin({...next, attempts: state.attempts + 1}, now, 'picture');
  return stay(next);
}

/** @param {State} state @param {number} now @returns {Step} */
function overdue(state, now) {
  switch (state.phase) {
    case 'asking':
    case 'connecting': return retry(state, now);
    case 'waiting':
    case 'refused': return begin(state, now);
    case 'restarting':
      if (state.offered || state.nudged) return begin({...state, attempts: state.attempts + 1}, now);
      return stay({...state, nudged: true, deadline: now + RESTART_MS_MAX}, {do: 'reconnect'});
    case 'live': return state.frozen_ms > 0 ? begin(state, now, 'robot') : stay(state);
    case 'offline':
      if (state.robotHere && state.peer) return begin(state, now, 'robot');
      return stay({...state, deadline: now + LOOKUP_EVERY_MS}, {do: 'lookup'});
    case 'unknown': return stay({...state, deadline: now + LOOKUP_EVERY_MS}, {do: 'lookup'});
    default: return stay(state);
  }
}
