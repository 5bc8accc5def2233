// The signaling socket: one at a time, opened again for ever. Says hello as a listener with the resume tokens of the
// sessions that still live, and hands decoded messages on. Media never depends on it.

import {Backoff} from './backoff.js';
import {decode, encode, ProtocolError} from './protocol.js';

/** @typedef {import('./protocol.js').FromServer} FromServer */
/** @typedef {import('./protocol.js').FromPeer} FromPeer */

/** A socket that has not opened by then is given up: a black hole answers nothing at all. */
const OPEN_MS_MAX = 5000;
/** Browsers show a page neither pings nor pongs, so a dead socket is found by asking for the list. */
const ASK_EVERY_MS = 10000;
const ANSWER_MS_MAX = 5000;
/** What a server may answer to startSession, other than sessionStarted; GStreamer's own gives no code. */
const REFUSALS = [undefined, 'no-peer', 'no-camera', 'too-many-sessions'];

/**
 * `retry-after=SECONDS` of a server that drains (close code 1012).
 * @param {number} code @param {string} reason @returns {number | null} milliseconds
 */
export function retryAfter_ms(code, reason) {
  if (code !== 1012) return null;
  const seconds = /(?:^|[;,\s])retry-after=(\d+(?:\.\d+)?)/.exec(reason)?.[1];
  return seconds === undefined ? null : Math.min(60, Number(seconds)) * 1000;
}

export class Signaling {
  /**
   * @param {object} options
   * @param {string} options.url ws(s)://host/ws
   * @param {() => string[]} options.resumeTokens of the sessions that still live, asked at every welcome
   * @param {(features: string[], peerId: string) => void} options.onUp
   * @param {() => void} options.onDown once per loss, and once at the start when the first try fails
   * @param {(message: FromServer) => void} options.onMessage
   * @param {Backoff} [options.backoff]
   * @param {typeof WebSocket} [options.Socket]
   */
  constructor({url, resumeTokens, onUp, onDown, onMessage, backoff = new Backoff(), Socket = WebSocket}) {
    this.url = url;
    this.resumeTokens = resumeTokens;
    this.onUp = onUp;
    this.onDown = onDown;
    this.onMessage = onMessage;
    this.backoff = backoff;
    this.Socket = Socket;
    this.up = false;
    this.stopped = false;
    /** How many startSession are not answered yet, and how many of them nobody waits for any more: the oldest. */
    this.asked = 0;
    this.disowned = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  start() {
    this.stopped = false;
    this.#open();
  }

  stop() {
    this.stopped = true;
    this.#drop();
    clearTimeout(this.timer);
  }

  /** @param {FromPeer} message @returns {boolean} false: no socket, nothing was sent */
  send(message) {
    if (!this.socket || this.socket.readyState !== 1) return false;
    this.socket.send(encode(message));
    if (message.type === 'startSession') this.asked++;
    return true;
  }

  /** Who asked for sessions is gone: those that still come are ended, and nobody is told of them. */
  disown() {
    this.disowned = this.asked;
  }

  /** The network changed or an answer is overdue: the socket is most likely dead, do not wait to be told. */
  reconnect() {
    if (this.stopped) return;
    const wasUp = this.up;
    this.#drop();
    if (wasUp) this.onDown();
    this.backoff.reset();
    this.#open();
  }

  #open() {
    clearTimeout(this.timer);
    const socket = new this.Socket(this.url);
    this.socket = socket;
    this.timer = setTimeout(() => this.#lost(socket, null), OPEN_MS_MAX);
    socket.onmessage = ({data}) => this.#received(socket, data);
    socket.onclose = ({code, reason}) => this.#lost(socket, retryAfter_ms(code, reason));
  }

  /** @param {WebSocket} socket @param {unknown} data */
  #received(socket, data) {
    if (socket !== this.socket) return;
    let message;
    try {
      message = decode(String(data));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      console.warn('signaling: message ignored,', error.message);
      return;
    }
    this.#expectNothing(socket);
    if (message.type === 'welcome') this.#welcome(message);
    else if (!this.#answersTheGone(message)) this.onMessage(message);
  }

  /** Answers come in the order of the questions. @param {FromServer} message */
  #answersTheGone(message) {
    const started = message.type === 'sessionStarted';
    const refused = message.type === 'error' && !message.sessionId && REFUSALS.includes(message.code);
    if ((!started && !refused) || this.asked === 0) return false;
    this.asked--;
    if (this.disowned === 0) return false;
    this.disowned--;
    if (started) this.send({type: 'endSession', sessionId: message.sessionId});
    return true;
  }

  /** @param {import('./protocol.js').Welcome} message */
  #welcome(message) {
    this.up = true;
    this.backoff.reset();
    const features = message.features ?? [];
    // Only from version 1.1 on does the end of a session say why. GStreamer's older servers do not know the message.
    if (features.length) this.send({type: 'setProtocolVersion', version: 'v1_1'});
    const resume = this.resumeTokens();
    this.send({type: 'setPeerStatus', roles: ['listener'], meta: null, ...(resume.length ? {resume} : {})});
    this.send({type: 'list'});
    this.onUp(features, message.peerId);
  }

  /** Anything that arrives shows that the socket lives; the next question is due in a while. @param {WebSocket} socket */
  #expectNothing(socket) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.send({type: 'list'});
      this.timer = setTimeout(() => this.#lost(socket, null), ANSWER_MS_MAX);
    }, ASK_EVERY_MS);
  }

  /** @param {WebSocket} socket @param {number | null} wait_ms */
  #lost(socket, wait_ms) {
    if (socket !== this.socket || this.stopped) return;
    this.#drop();
    this.onDown();
    // The server has given each peer another time already: jitter on top would only make all of them later.
    this.timer = setTimeout(() => this.#open(), wait_ms ?? this.backoff.next_ms());
  }

  #drop() {
    const socket = this.socket;
    this.socket = null;
    this.up = false;
    this.asked = this.disowned = 0;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}
