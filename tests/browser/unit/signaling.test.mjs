import assert from 'node:assert/strict';
import {afterEach, beforeEach, mock, test} from 'node:test';

import {Backoff} from '../../../web/js/backoff.js';
import {retryAfter_ms, Signaling} from '../../../web/js/signaling.js';
import {FakeTimers} from '../fake/timers.mjs';

class FakeSocket {
  static all = [];

  constructor(url) {
    this.url = url;
    this.readyState = 0;
    this.sent = [];
    FakeSocket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  says(message) {
    this.readyState = 1;
    this.onmessage?.({data: typeof message === 'string' ? message : JSON.stringify(message)});
  }

  dies(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose?.({code, reason});
  }

  types() {
    return this.sent.map(({type}) => type);
  }
}

let log;
let signaling;
let timers;
const last = () => FakeSocket.all.at(-1);

beforeEach(() => {
  timers = new FakeTimers();
  FakeSocket.all = [];
  log = [];
  signaling = new Signaling({
    url: 'ws://server/ws', resumeTokens: () => ['token'], Socket: FakeSocket, backoff: new Backoff({random: () => 1}),
    onUp: (features) => log.push(`up ${features}`), onDown: () => log.push('down'), onMessage: ({type}) => log.push(type),
  });
  signaling.start();
});

afterEach(() => {
  signaling.stop();
  timers.restore();
});

const welcome = {type: 'welcome', peerId: 'p1', features: ['resume']};

test('says hello with the version first, then its role and resume tokens', () => {
  last().says(welcome);
  assert.deepEqual(last().types(), ['setProtocolVersion', 'setPeerStatus', 'list']);
  assert.deepEqual(last().sent[1], {type: 'setPeerStatus', roles: ['listener'], meta: null, resume: ['token']});
  assert.deepEqual(log, ['up resume']);
});

test("GStreamer's own server is not told a version that it may not know", () => {
  last().says({type: 'welcome', peerId: 'p1'});
  assert.deepEqual(last().types(), ['setPeerStatus', 'list']);
});

test('comes back for ever, with pauses that grow to 5 s and begin anew after a success', () => {
  const pauses = [];
  for (let i = 0; i < 8; i++) {
    const before = FakeSocket.all.length;
    last().dies();
    let pause = 0;
    while (FakeSocket.all.length === before) {
      timers.tick(50);
      pause += 50;
    }
    pauses.push(pause);
  }
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  last().says(welcome);
  last().dies();
  timers.tick(250);
  assert.equal(FakeSocket.all.length, 10);
});

test('a socket that never opens is given up', () => {
  timers.tick(5000);
  assert.deepEqual(log, ['down']);
  timers.tick(250);
  assert.equal(FakeSocket.all.length, 2);
});

test('a socket that falls silent is found out by asking', () => {
  last().says(welcome);
  timers.tick(10000);
  assert.equal(last().types().at(-1), 'list');
  timers.tick(5000);
  assert.deepEqual(log, ['up resume', 'down']);
});

test('a socket that answers is left alone', () => {
  last().says(welcome);
  for (let i = 0; i < 10; i++) {
    timers.tick(10000);
    last().says({type: 'list', producers: []});
  }
  assert.equal(FakeSocket.all.length, 1);
});

test('a server that drains says when to come back, and exactly then the page does', () => {
  last().says(welcome);
  last().dies(1012, 'retry-after=3');
  timers.tick(2999);
  assert.equal(FakeSocket.all.length, 1);
  timers.tick(1);
  assert.equal(FakeSocket.all.length, 2);
});

test('retry-after is read from code 1012 only, and is bounded', () => {
  assert.equal(retryAfter_ms(1012, 'retry-after=2.5'), 2500);
  assert.equal(retryAfter_ms(1012, 'service restart; retry-after=2'), 2000);
  assert.equal(retryAfter_ms(1012, 'retry-after=99999'), 60000);
  assert.equal(retryAfter_ms(1012, ''), null);
  assert.equal(retryAfter_ms(1000, 'retry-after=3'), null);
});

test('reconnect replaces a socket that looks alive, and the old one is not heard any more', () => {
  const old = last();
  old.says(welcome);
  signaling.reconnect();
  assert.equal(FakeSocket.all.length, 2);
  old.says({type: 'list', producers: []});
  old.dies();
  assert.deepEqual(log, ['up resume', 'down']);
  last().says(welcome);
  assert.deepEqual(log, ['up resume', 'down', 'up resume']);
});

test('garbage from the server is ignored, and the socket lives on', () => {
  const warn = mock.method(console, 'warn', () => {});
  last().says(welcome);
  last().says('{"type":"peer"');
  last().says({type: 'somethingNew'});
  last().says({type: 'list', producers: []});
  assert.deepEqual(log, ['up resume', 'list']);
  assert.equal(warn.mock.callCount(), 2);
  warn.mock.restore();
});

test('nothing is sent without a socket, and the caller knows', () => {
  assert.equal(signaling.send({type: 'list'}), false);
});

test('a session that begins when its view is gone is ended, and the next view gets its own', () => {
  last().says(welcome);
  const ask = () => signaling.send({type: 'startSession', peerId: 'rover-7', cameras: [], client: ''});
  ask();
  signaling.disown();
  ask();
  last().says({type: 'sessionStarted', peerId: 'p', sessionId: 'old'});
  assert.deepEqual(last().sent.at(-1), {type: 'endSession', sessionId: 'old'});
  assert.deepEqual(log, ['up resume']);
  last().says({type: 'sessionStarted', peerId: 'p', sessionId: 'new'});
  assert.deepEqual(log, ['up resume', 'sessionStarted']);
  assert.equal(last().types().filter((type) => type === 'endSession').length, 1);
});

test('a refusal answers too; other errors and a new socket do not', () => {
  last().says(welcome);
  const ask = () => signaling.send({type: 'startSession', peerId: 'rover-7', cameras: [], client: ''});
  ask();
  signaling.disown();
  last().says({type: 'error', code: 'peer-busy', details: 'x', sessionId: 's'});
  last().says({type: 'error', code: 'no-peer', details: 'x'});
  ask();
  last().says({type: 'sessionStarted', peerId: 'p', sessionId: 'mine'});
  assert.deepEqual(log, ['up resume', 'error', 'sessionStarted']);
  ask();
  signaling.disown();
  signaling.reconnect();
  last().says(welcome);
  ask();
  last().says({type: 'sessionStarted', peerId: 'p', sessionId: 'again'});
  assert.deepEqual(log.slice(-2), ['up resume', 'sessionStarted']);
});
