// One robot's viewing session: carries out what session_state.js decides on an RTCPeerConnection and the signaling
// socket. The robot offers, the page answers; candidates trickle both ways.

import {offersChannels, RobotClock} from './robot_clock.js';
import {initial, step} from './session_state.js';

/** @typedef {import('./session_state.js').State} State */
/** @typedef {import('./session_state.js').Event} Event */
/** @typedef {import('./session_state.js').Action} Action */
/** @typedef {import('./protocol.js').FromServer} FromServer */

export class Session {
  /**
   * @param {object} options
   * @param {string} options.robot
   * @param {(message: import('./protocol.js').FromPeer) => boolean} options.send
   * @param {() => void} options.reconnect the signaling socket, now
   * @param {() => Promise<{online: boolean, since: string | null} | null>} options.lookup what the server knows of the robot; null: nothing
   * @param {(state: State) => void} options.onState
   * @param {(receivers: RTCRtpReceiver[]) => void} options.onReceivers of video, in the order of the robot's cameras; empty: closed
   * @param {string} [options.client]
   */
  constructor({robot, send, reconnect, lookup, onState, onReceivers, client = navigator.userAgent}) {
    this.send = send;
    this.reconnect = reconnect;
    this.lookup = lookup;
    this.onState = onState;
    this.onReceivers = onReceivers;
    this.client = client;
    this.state = initial(robot);
    this.stopped = false;
    /** @type {RTCPeerConnection | null} */
    this.peer = null;
    /** @type {RobotClock | null} */
    this.clock = null;
    /** @type {number[]} of the offer, where its pictures stand */
    this.mLines = [];
    /** Descriptions and candidates are applied in the order they came. */
    this.queue = Promise.resolve();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Ends the session for good, and tells the robot. */
  stop() {
    if (this.state.sessionId) this.send({type: 'endSession', sessionId: this.state.sessionId});
    this.stopped = true;
    clearTimeout(this.timer);
    this.#closePeer();
  }

  /** @returns {string[]} */
  resumeTokens() {
    return this.state.resumeToken ? [this.state.resumeToken] : [];
  }

  /** @param {Event} event */
  handle(event) {
    if (this.stopped) return;
    const now = performance.now();
    const {state, actions} = step(this.state, event, now);
    this.state = state;
    for (const action of actions) this.#carryOut(action);
    clearTimeout(this.timer);
    const {deadline} = this.state;
    if (deadline !== null) this.timer = setTimeout(() => this.handle({type: 'tick'}), Math.max(0, deadline - now) + 1);
    this.onState(this.state);
  }

  /** @returns {Promise<RTCStatsReport | null>} */
  async stats() {
    return this.peer ? this.peer.getStats() : null;
  }

  /** @param {Action} action */
  #carryOut(action) {
    switch (action.do) {
      case 'startSession':
        this.send({type: 'startSession', peerId: this.state.robot, cameras: [], client: this.client, channels: true});
        break;
      case 'endSession': this.send({type: 'endSession', sessionId: action.sessionId}); break;
      case 'restart': this.send({type: 'peer', sessionId: action.sessionId, restart: true}); break;
      case 'reconnect': queueMicrotask(() => this.reconnect()); break;
      case 'lookup': void this.#look(); break;
      case 'closePeer': this.#closePeer(); break;
      case 'offer': this.#inOrder((peer, sessionId) => this.#answer(peer, sessionId, action.sdp)); break;
      case 'candidate': this.#inOrder((peer) => addCandidate(peer, action.ice)); break;
    }
  }

  async #look() {
    try {
      this.handle({type: 'found', robot: await this.lookup()});
    } catch {
      // The server cannot be reached: the socket finds out too, and the next lookup is due by the deadline.
    }
  }

  /** @param {(peer: RTCPeerConnection, sessionId: string) => Promise<void>} work */
  #inOrder(work) {
    const {sessionId} = this.state;
    if (!sessionId) return;
    const peer = (this.peer ??= this.#openPeer(sessionId));
    this.queue = this.queue.then(() => work(peer, sessionId)).catch((error) => {
      if (peer !== this.peer) return;
      console.error('session: the robot’s description was refused,', error);
      this.handle({type: 'path', state: 'failed'});
    });
  }

  /** @param {string} sessionId @returns {RTCPeerConnection} */
  #openPeer(sessionId) {
    const peer = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
    peer.onicecandidate = ({candidate}) => {
      if (peer !== this.peer) return;
      const ice = {candidate: candidate?.candidate ?? '', sdpMLineIndex: candidate?.sdpMLineIndex ?? 0};
      this.send({type: 'peer', sessionId, ice});
    };
    peer.onconnectionstatechange = () => {
      if (peer === this.peer) this.handle({type: 'path', state: peer.connectionState});
    };
    // Chromium says "failed" here a moment before it does in connectionState.
    peer.oniceconnectionstatechange = () => {
      const state = peer.iceConnectionState;
      if (peer === this.peer && (state === 'disconnected' || state === 'failed')) this.handle({type: 'path', state});
    };
    return peer;
  }

  /** @param {RTCPeerConnection} peer @param {string} sessionId @param {string} sdp */
  async #answer(peer, sessionId, sdp) {
    if (peer !== this.peer) return;
    await peer.setRemoteDescription({type: 'offer', sdp});
    if (offersChannels(sdp)) this.clock ??= new RobotClock(peer);
    this.mLines = videoLines(sdp);
    const receivers = peer.getTransceivers().map((transceiver) => transceiver.receiver);
    for (const receiver of receivers) playAtOnce(receiver);
    await peer.setLocalDescription();
    if (peer !== this.peer) return;
    this.send({type: 'peer', sessionId, sdp: {type: 'answer', sdp: String(peer.localDescription?.sdp)}});
    this.onReceivers(receivers.filter((receiver) => receiver.track.kind === 'video'));
  }

  #closePeer() {
    const peer = this.peer;
    this.peer = null;
    this.clock = null;
    this.queue = Promise.resolve();
    if (!peer) return;
    peer.close();
    this.onReceivers([]);
  }
}

/** The places of the pictures among the m-lines. @param {string} sdp */
function videoLines(sdp) {
  const kinds = [...sdp.matchAll(/^m=(\w+)/gm)].map(([, kind]) => kind);
  return kinds.flatMap((kind, at) => (kind === 'video' ? [at] : []));
}

/** @param {RTCPeerConnection} peer @param {import('./protocol.js').Candidate} ice */
async function addCandidate(peer, ice) {
  try {
    await peer.addIceCandidate({candidate: ice.candidate, sdpMLineIndex: ice.sdpMLineIndex});
  } catch (error) {
    // One unusable candidate of several (a kind this browser does not know) is no reason to give up the others.
    console.warn('session: candidate ignored,', error);
  }
}

/** No playout delay is added on purpose. @param {RTCRtpReceiver} receiver */
function playAtOnce(receiver) {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  else if ('playoutDelayHint' in receiver) Object.assign(receiver, {playoutDelayHint: 0});
}
