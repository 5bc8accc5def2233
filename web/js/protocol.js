// JSON text ↔ signaling messages, with the same checks as src/protocol/codec.cpp: unknown fields are ignored (newer
// peers), unknown types, wrong kinds and missing fields are errors that name the field. The golden files of
// tests/conformance/protocol are read by both. The base is GStreamer's WebRTC signalling protocol; docs/protocol.md
// marks what Bigfoot adds.

/** What a report may say of a picture's age. */
export const DELAY_MS_MAX = 60000;
// The limits of docs/protocol.md; tests/conformance/limits.json holds every side against them. Bytes of UTF-8, entries.
const SERVER_MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const PEER_MESSAGE_BYTES_MAX = 256 * 1024;
const SDP_BYTES_MAX = 192 * 1024;
const SDPFRAG_BYTES_MAX = 16 * 1024;
const TOKEN_BYTES_MAX = 4096;
const ID_BYTES_MAX = 256;
const ROLES_MAX = 8;
const CAMERAS_MAX = 32;
const RESUME_MAX = 256;
const FEATURES_MAX = 64;
const VALUES_MAX = 64;
const VALUE_BYTES_MAX = 4096;

/**
 * @typedef {'producer' | 'listener' | 'consumer'} Role
 * @typedef {{type: 'offer' | 'answer', sdp: string}} Sdp
 * @typedef {{candidate: string, sdpMLineIndex: number}} Candidate
 * @typedef {{network?: number, reassembly?: number, wait?: number, decode?: number, display?: number}} Stages ms
 * @typedef {{camera: string, delayMs: number, estimated: boolean, errorMs?: number, stagesMs?: Stages}} Report how old a camera's pictures
 *           are when they are seen, and where that time went
 * @typedef {{id: string, meta?: unknown}} Peer
 *
 * @typedef {{type: 'welcome', peerId: string, features?: string[]}} Welcome
 * @typedef {{type: 'peerStatusChanged', peerId?: string, roles: Role[], meta?: unknown}} PeerStatusChanged
 * @typedef {{type: 'sessionStarted', peerId: string, sessionId: string, resumeToken?: string}} SessionStarted
 * @typedef {{type: 'sessionResumed', peerId: string, sessionId: string}} SessionResumed
 * @typedef {{type: 'endSession', sessionId: string}} EndSession
 * @typedef {{type: 'endSessionV1_1', sessionId: string, error?: string}} EndSessionWithError
 * @typedef {{type: 'peer', sessionId: string, sdp?: Sdp, ice?: Candidate, restart?: boolean, fragment?: object,
 *            report?: Report, watch?: string[]}} PeerMessage
 * @typedef {{type: 'list', producers: Peer[]}} Producers
 * @typedef {{type: 'listConsumers', consumers: Peer[]}} Consumers
 * @typedef {{type: 'error', details: string, code?: string, sessionId?: string}} ErrorMessage
 * @typedef {{type: 'startSession', peerId: string, sessionId: string, offer?: string, cameras?: string[],
 *            client?: string, channels?: boolean, resumeToken?: string}} SessionAsked
 * @typedef {{type: 'configure', requestId: string, camera: string, values: {key: string, value: string}[]}} Configure
 * @typedef {{type: 'configured', requestId: string, error?: string, faults?: {what: string, fix?: string}[],
 *            values?: {key: string, value: string}[], changed?: string[], notApplied?: {key: string, why: string}[]}} Configured
 * @typedef {Welcome | PeerStatusChanged | SessionStarted | SessionResumed | EndSession | EndSessionWithError | PeerMessage |
 *           Producers | Consumers | ErrorMessage | SessionAsked | Configure} FromServer
 *
 * @typedef {{type: 'setProtocolVersion', version: 'v1_0' | 'v1_1'}} SetProtocolVersion
 * @typedef {{type: 'setPeerStatus', roles: Role[], meta?: unknown, peerId?: string, resume?: string[]}} SetPeerStatus
 * @typedef {{type: 'startSession', peerId: string, offer?: string, cameras?: string[], client?: string, channels?: boolean}} StartSession
 * @typedef {SetProtocolVersion | SetPeerStatus | StartSession | EndSession | EndSessionWithError | PeerMessage |
 *           {type: 'list'} | {type: 'listConsumers'} | Configured} FromPeer
 */

export class ProtocolError extends Error {
  /**
   * @param {string} code for programs: bad-json, unknown-type, missing-field, bad-field, too-large
   * @param {string} text for people
   */
  constructor(code, text) {
    super(`${code}: ${text}`);
    this.code = code;
  }
}

/** @typedef {(value: unknown, path: string) => void} Check throws a ProtocolError that names `path` */

/** @param {string} path @param {string} wanted @returns {never} */
function wrong(path, wanted) {
  throw new ProtocolError('bad-field', `${path}: ${wanted}`);
}

/** A letter of UTF-16 has at most 3 bytes in UTF-8. @param {string} value @param {number} most */
const longer = (value, most) =>
  value.length > most || (value.length * 3 > most && new TextEncoder().encode(value).length > most);

/** @param {number} most bytes @returns {Check} */
const textOf = (most) => (value, path) => {
  if (typeof value !== 'string') return wrong(path, 'must be a string');
  if (longer(value, most)) wrong(path, `has more than ${most} bytes`);
};
const text = textOf(Infinity);  // the message is bounded
const id = textOf(ID_BYTES_MAX);
const token = textOf(TOKEN_BYTES_MAX);
const sdp = textOf(SDP_BYTES_MAX);
/** @type {Check} */
const index = (value, path) => {
  if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 0xffffffff) wrong(path, 'must be a number from 0');
};
/** @param {number} most @returns {Check} */
const amount = (most) => (value, path) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= most)) wrong(path, `must be a number from 0 to ${most}`);
};
/** @type {Check} */
const flag = (value, path) => {
  if (typeof value !== 'boolean') wrong(path, 'must be true or false');
};
/** @type {Check} */
const anything = () => {};

/** @param {string[]} words @returns {Check} */
const oneOf = (...words) => (value, path) => {
  if (typeof value !== 'string' || !words.includes(value)) wrong(path, `must be one of ${words.join(', ')}`);
};
/** @param {Check} check @param {number} [most] entries @returns {Check} */
const listOf = (check, most = Infinity) => (value, path) => {
  if (!Array.isArray(value)) return wrong(path, 'must be a list');
  if (value.length > most) return wrong(path, `has more than ${most} entries`);
  value.forEach((entry, at) => check(entry, `${path}[${at}]`));
};
/**
 * Fields that may be absent or null are written with `?` at the end of their name.
 * @param {Record<string, Check>} fields @returns {Check}
 */
const object = (fields) => (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(path, 'must be an object');
  const source = /** @type {Record<string, unknown>} */ (value);
  for (const [key, check] of Object.entries(fields)) {
    const name = key.replace(/\?$/, '');
    const where = path ? `${path}.${name}` : name;
    const found = source[name];
    if (found !== undefined && found !== null) check(found, where);
    else if (name === key) throw new ProtocolError('missing-field', `${where} is missing`);
  }
};

const roles = listOf(oneOf('producer', 'listener', 'consumer'), ROLES_MAX);
const cameras = listOf(id, CAMERAS_MAX);
const peer = object({id, 'meta?': anything});
const endSession = object({sessionId: id});
const endSessionWithError = object({sessionId: id, 'error?': text});
const delayTime = amount(DELAY_MS_MAX);
const peerFields = object({
  sessionId: id,
  'sdp?': object({type: oneOf('offer', 'answer'), sdp}),
  'ice?': object({candidate: token, sdpMLineIndex: index}),
  'restart?': flag,
  'fragment?': object({requestId: id, sdpfrag: textOf(SDPFRAG_BYTES_MAX), 'error?': text}),
  'report?': object({
    camera: id, delayMs: delayTime, estimated: flag, 'errorMs?': delayTime,
    'stagesMs?': object({'network?': delayTime, 'reassembly?': delayTime, 'wait?': delayTime, 'decode?': delayTime, 'display?': delayTime}),
  }),
  'watch?': cameras,
});

const value = textOf(VALUE_BYTES_MAX);
const values = listOf(object({key: id, value}), VALUES_MAX);

/** @type {Check} */
const peerMessage = (value, path) => {
  peerFields(value, path);
  const message = /** @type {PeerMessage} */ (value);
  const {sdp, ice, restart, fragment, report, watch} = message;
  const contents = [sdp, ice, restart || null, fragment, report, watch].filter((content) => content != null);
  if (contents.length === 0) throw new ProtocolError('missing-field', 'one of sdp, ice, restart, fragment, report, watch is missing');
  if (contents.length > 1) wrong('sdp, ice, restart, fragment, report, watch', 'exclude each other');
};

/** @type {Record<string, Check>} */
const fromServer = {
  welcome: object({peerId: id, 'features?': listOf(id, FEATURES_MAX)}),
  peerStatusChanged: object({'peerId?': id, roles, 'meta?': anything}),
  startSession: object({
    peerId: id, sessionId: id, 'offer?': sdp, 'cameras?': cameras, 'client?': token, 'channels?': flag, 'resumeToken?': token,
  }),
  sessionStarted: object({peerId: id, sessionId: id, 'resumeToken?': token}),
  sessionResumed: object({peerId: id, sessionId: id}),
  endSession,
  endSessionV1_1: endSessionWithError,
  peer: peerMessage,
  list: object({producers: listOf(peer)}),
  listConsumers: object({consumers: listOf(peer)}),
  configure: object({requestId: id, camera: id, 'values?': values}),
  error: object({details: text, 'code?': id, 'sessionId?': id}),
};

/** @type {Record<string, Check>} */
const fromPeer = {
  setProtocolVersion: object({version: oneOf('v1_0', 'v1_1')}),
  setPeerStatus: object({roles, 'meta?': anything, 'peerId?': id, 'resume?': listOf(token, RESUME_MAX)}),
  startSession: object({peerId: id, 'offer?': sdp, 'cameras?': cameras, 'client?': token, 'channels?': flag}),
  endSession,
  endSessionV1_1: endSessionWithError,
  peer: peerMessage,
  list: object({}),
  listConsumers: object({}),
  configured: object({
    requestId: id,
    'error?': id,
    'faults?': listOf(object({what: value, 'fix?': value}), VALUES_MAX),
    'values?': values,
    'changed?': listOf(id, VALUES_MAX),
    'notApplied?': listOf(object({key: id, why: value}), VALUES_MAX),
  }),
};

/** @param {unknown} value @param {Record<string, Check>} types */
function check(value, types) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ProtocolError('bad-json', 'a message is a JSON object');
  object({type: text})(value, '');
  const {type} = /** @type {{type: string}} */ (value);
  if (!Object.hasOwn(types, type)) throw new ProtocolError('unknown-type', `type: ${type.slice(0, 40)} is not known`);
  types[type](value, '');
}

/** @param {string} json @param {Record<string, Check>} types @param {number} most bytes @returns {unknown} */
function read(json, types, most) {
  if (longer(json, most)) throw new ProtocolError('too-large', `a message may have ${most} bytes`);
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ProtocolError('bad-json', 'the message is not JSON');
  }
  check(value, types);
  return value;
}

/**
 * What the server says.
 * @param {string} json @returns {FromServer} @throws {ProtocolError}
 */
export function decode(json) {
  return /** @type {FromServer} */ (read(json, fromServer, SERVER_MESSAGE_BYTES_MAX));
}

/**
 * What a peer says: for tests and for tools that stand in for a server.
 * @param {string} json @returns {FromPeer} @throws {ProtocolError}
 */
export function decodeFromPeer(json) {
  return /** @type {FromPeer} */ (read(json, fromPeer, PEER_MESSAGE_BYTES_MAX));
}

/** @param {FromPeer} message @returns {string} @throws {ProtocolError} when a field is missing or of the wrong kind: a bug of ours */
export function encode(message) {
  check(message, fromPeer);
  return JSON.stringify(message);
}

/**
 * `meta` as a robot announces it; GStreamer's producers may announce any JSON, then the name is empty.
 * @param {unknown} meta
 * @returns {{name: string, cameras: string[], passed: string[]}} `passed`: cameras whose own H.264 is sent as it is
 */
export function readMeta(meta) {
  const source = typeof meta === 'object' && meta !== null ? /** @type {Record<string, unknown>} */ (meta) : {};
  const name = typeof source.name === 'string' ? source.name : '';
  const cameras = Array.isArray(source.cameras) ? source.cameras : [];
  // A name that no message can carry is none: such a camera can be neither reported nor asked for.
  const named = cameras.filter((camera) => typeof camera?.name === 'string' && !longer(camera.name, ID_BYTES_MAX));
  const passed = named.filter((camera) => camera.passedThrough === true);
  return {name, cameras: named.map((camera) => camera.name), passed: passed.map((camera) => camera.name)};
}
