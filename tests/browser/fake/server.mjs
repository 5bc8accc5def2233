// Stands in for bigfoot-server where a test needs to steer it: the pages with their real headers, the socket, the list
// of robots, and faults on demand. Its rules are those of src/server/rooms.cpp, only as far as a page can tell.

import {createReadStream, existsSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';

import {freePort} from '../../lab.mjs';
import {accept} from './websocket.mjs';

const WEB = fileURLToPath(new URL('../../../web/', import.meta.url));
const FAKE = fileURLToPath(new URL('./', import.meta.url));
const KINDS = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
/** What bigfoot-server sends with every page. */
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; " +
  "connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export class FakeServer {
  constructor() {
    this.features = ['resume', 'restart', 'fragment', 'report', 'watch'];
    /** name → {name, online, since, cameras, viewers, peerId} */
    this.robots = new Map();
    /** Text that goes back to every startSession, instead of a session: {details, code}. */
    this.refuse = null;
    /** peer id → {socket, roles, meta} */
    this.peers = new Map();
    /** session id → {producer, consumer}, peer ids or null while away */
    this.sessions = new Map();
    /** What viewers sent, newest last. */
    this.heard = [];
    this.count = 0;
    this.silent = false;
    this.port = 0;
  }

  async start() {
    // Not one of the system's choice: while the server is away, any outgoing connection could take that.
    this.port ||= await freePort();
    this.http = createServer((request, response) => this.#serve(request, response));
    this.http.on('upgrade', (request, socket) => this.#joined(accept(request, socket)));
    await new Promise((resolve, reject) => this.http.once('error', reject).listen(this.port, '127.0.0.1', resolve));
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As kill -9 does: sockets die, sessions are forgotten. */
  async stop() {
    for (const {socket} of this.peers.values()) socket.destroy();
    this.peers.clear();
    this.sessions.clear();
    for (const robot of this.robots.values()) robot.online = false;
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  /** A robot that only stands in the list. */
  list(name, {online = true, since = new Date().toISOString(), cameras = ['front'], viewers = 0} = {}) {
    this.robots.set(name, {name, online, since, cameras, viewers, peerId: online ? `listed-${name}` : null});
    this.#tellListeners({type: 'peerStatusChanged', peerId: `listed-${name}`, roles: online ? ['producer'] : [], meta: metaOf(name, cameras)});
  }

  /** Sends to every viewer's page. */
  tellViewers(message) {
    for (const {socket, roles} of this.peers.values()) if (!roles.includes('producer')) socket.send(JSON.stringify(message));
  }

  /** Closes the viewers' sockets: with a code, or like a pulled plug. */
  dropViewers(code, reason) {
    for (const {socket, roles} of this.peers.values()) {
      if (roles.includes('producer')) continue;
      if (code) socket.close(code, reason);
      else socket.destroy();
    }
  }

  #serve(request, response) {
    const path = decodeURIComponent(new URL(request.url, this.url).pathname);
    if (path === '/api/v1/robots') return json(response, [...this.robots.values()]);
    if (path === '/version') return json(response, {version: '0.1.0'});
    const file = path.startsWith('/fake/') ? join(FAKE, normalize(path.slice(6))) :
      path === '/' || path.startsWith('/r/') ? join(WEB, 'index.html') : join(WEB, normalize(path));
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    const headers = {'content-type': KINDS[extname(file)] ?? 'application/octet-stream', 'cache-control': 'no-store'};
    response.writeHead(200, {...headers, 'content-security-policy': CSP, 'x-content-type-options': 'nosniff'});
    createReadStream(file).pipe(response);
  }

  #joined(socket) {
    const id = `peer-${++this.count}`;
    this.peers.set(id, {socket, roles: [], meta: null});
    socket.onmessage = (text) => this.silent || this.#received(id, JSON.parse(text));
    socket.onclose = () => this.#left(id);
    this.#send(id, {type: 'welcome', peerId: id, features: this.features});
  }

  #send(id, message) {
    this.peers.get(id)?.socket.send(JSON.stringify(message));
  }

  #tellListeners(message) {
    for (const [id, {roles}] of this.peers) if (roles.includes('listener')) this.#send(id, message);
  }

  #received(id, message) {
    const peer = this.peers.get(id);
    if (!peer) return;
    if (!peer.roles.includes('producer')) this.heard.push(message);
    switch (message.type) {
      case 'setPeerStatus': return this.#status(id, peer, message);
      case 'list': return this.#send(id, {type: 'list', producers: this.#producers()});
      case 'startSession': return this.#startSession(id, message);
      case 'peer': return this.#forward(id, message.sessionId, message);
      case 'endSession':
      case 'endSessionV1_1':
        this.#forward(id, message.sessionId, message);
        this.sessions.delete(message.sessionId);
        return undefined;
      default: return undefined;
    }
  }

  #producers() {
    return [...this.peers].filter(([, {roles}]) => roles.includes('producer')).map(([id, {meta}]) => ({id, meta}));
  }

  #status(id, peer, message) {
    Object.assign(peer, {roles: message.roles, meta: message.meta});
    if (message.roles.includes('producer')) {
      const cameras = message.meta.cameras.map(({name}) => name);
      this.robots.set(message.meta.name, {name: message.meta.name, online: true, since: new Date().toISOString(), cameras, viewers: 0, peerId: id});
      this.#tellListeners({type: 'peerStatusChanged', peerId: id, roles: message.roles, meta: message.meta});
    }
    for (const token of message.resume ?? []) this.#resume(id, token, message.roles.includes('producer') ? 'producer' : 'consumer');
  }

  #resume(id, token, side) {
    if (side === 'consumer' && !this.sessions.has(token) && this.#producers().length > 0)
      return this.#send(id, {type: 'endSessionV1_1', sessionId: token, error: 'the robot lost the session'});
    const session = this.sessions.get(token) ?? {};
    this.sessions.set(token, session);
    session[side] = id;
    if (!session.producer || !session.consumer) return undefined;
    for (const each of [session.producer, session.consumer]) this.#send(each, {type: 'sessionResumed', peerId: id, sessionId: token});
    return undefined;
  }

  #startSession(id, message) {
    if (this.refuse) return this.#send(id, {type: 'error', ...this.refuse});
    const producer = this.#producers().find((peer) => peer.id === message.peerId || peer.meta?.name === message.peerId);
    if (!producer) return this.#send(id, {type: 'error', code: 'no-peer', details: `no robot or peer "${message.peerId}" is online`});
    const sessionId = `session-${++this.count}`;
    this.sessions.set(sessionId, {producer: producer.id, consumer: id});
    this.#send(id, {type: 'sessionStarted', peerId: producer.id, sessionId, resumeToken: sessionId});
    this.#send(producer.id, {type: 'startSession', peerId: id, sessionId, client: message.client, channels: message.channels, resumeToken: sessionId});
    return undefined;
  }

  #forward(id, sessionId, message) {
    const session = this.sessions.get(sessionId);
    if (!session) return this.#send(id, {type: 'error', code: 'no-session', details: 'no such session', sessionId});
    this.#send(session.producer === id ? session.consumer : session.producer, message);
    return undefined;
  }

  #left(id) {
    const peer = this.peers.get(id);
    this.peers.delete(id);
    for (const session of this.sessions.values()) {
      if (session.producer === id) session.producer = null;
      if (session.consumer === id) session.consumer = null;
    }
    if (!peer?.roles.includes('producer')) return;
    const robot = this.robots.get(peer.meta.name);
    if (robot?.peerId === id) Object.assign(robot, {online: false, since: new Date().toISOString(), peerId: null});
    this.#tellListeners({type: 'peerStatusChanged', peerId: id, roles: [], meta: peer.meta});
  }
}

function metaOf(name, cameras) {
  return {name, cameras: cameras.map((camera) => ({name: camera})), bigfoot: '0.1.0'};
}

function json(response, value) {
  response.writeHead(200, {'content-type': 'application/json', 'cache-control': 'no-store'}).end(JSON.stringify(value));
}
