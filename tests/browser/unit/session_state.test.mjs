import assert from 'node:assert/strict';
import {test} from 'node:test';

import {initial, step} from '../../../web/js/session_state.js';

const FEATURES = ['resume', 'restart', 'fragment'];

/** Plays events against the state machine and keeps what it did. */
class Play {
  constructor(robot = 'rover-7') {
    this.state = initial(robot);
    this.now = 1000;
    this.did = [];
  }

  on(event, later_ms = 0) {
    this.now += later_ms;
    const {state, actions} = step(this.state, event, this.now);
    this.last = event;
    this.state = state;
    this.did = actions.map((action) => action.do);
    return this;
  }

  says(message) {
    return this.on({type: 'message', message});
  }

  /** The deadline passes. */
  due() {
    assert.notEqual(this.state.deadline, null, `nothing is due in ${this.state.phase}`);
    this.now = this.state.deadline;
    return this.on({type: 'tick'});
  }

  up(features = FEATURES) {
    return this.on({type: 'up', features});
  }

  started(sessionId = 's1') {
    return this.says({type: 'sessionStarted', peerId: 'p1', sessionId, resumeToken: `t-${sessionId}`});
  }

  offered(sessionId = 's1') {
    return this.says({type: 'peer', sessionId, sdp: {type: 'offer', sdp: 'v=0'}});
  }

  path(state) {
    return this.on({type: 'path', state});
  }

  frozen(frozen_ms, silent_ms = 0) {
    return this.on({type: 'picture', frozen_ms, silent_ms});
  }

  fresh() {
    return this.on({type: 'picture', frozen_ms: 0, silent_ms: 0});
  }
}

const live = () => new Play().up().started().offered().path('connected').fresh();

function expect(play, phase, ...did) {
  assert.equal(play.state.phase, phase);
  assert.deepEqual(play.did, did);
}

test('from an open socket to a live picture', () => {
  const play = new Play();
  expect(play.up(), 'asking', 'startSession');
  expect(play.started(), 'asking');
  expect(play.offered(), 'connecting', 'offer');
  expect(play.says({type: 'peer', sessionId: 's1', ice: {candidate: 'candidate:1', sdpMLineIndex: 0}}), 'connecting', 'candidate');
  expect(play.path('connected'), 'live');
  expect(play.fresh(), 'live');
  assert.equal(play.state.deadline, null);
  assert.equal(play.state.resumeToken, 't-s1');
});

test('a moving picture proves the path before the browser calls it connected', () => {
  const play = new Play().up().started().offered().frozen(200);
  expect(play.fresh(), 'live');
  assert.equal(play.state.frozen_ms, 0);
});

test('candidates and ends of other sessions change nothing', () => {
  const play = live();
  expect(play.says({type: 'peer', sessionId: 'other', sdp: {type: 'offer', sdp: 'v=0'}}), 'live');
  expect(play.says({type: 'endSession', sessionId: 'other'}), 'live');
  expect(play.says({type: 'error', code: 'no-session', details: '', sessionId: 'other'}), 'live');
  assert.equal(play.state.sessionId, 's1');
});

test('a session that starts when none is wanted any more is ended', () => {
  expect(live().started('s9'), 'live', 'endSession');
});

test('media goes on without signaling, and the session is known again afterwards', () => {
  const play = live();
  expect(play.on({type: 'down'}), 'live');
  expect(play.fresh(), 'live');
  expect(play.up(), 'live');
  expect(play.says({type: 'sessionResumed', peerId: 'p2', sessionId: 's1'}), 'live');
  assert.equal(play.state.sessionId, 's1');
});

test("GStreamer's own server forgets a session with its socket: the media runs on, the next loss begins anew", () => {
  const play = live();
  play.on({type: 'down'}).up([]);
  expect(play, 'live');
  expect(play.path('disconnected'), 'asking', 'closePeer', 'startSession');
});

test('a lost path is answered with a restart at once, in the same session', () => {
  const play = live();
  expect(play.path('disconnected'), 'restarting', 'restart');
  assert.equal(play.state.cause, 'path');
  expect(play.offered(), 'restarting', 'offer');
  expect(play.path('connected'), 'live');
  assert.equal(play.state.sessionId, 's1');
});

test('silence on the path is a lost path long before the browser says so', () => {
  const play = live();
  expect(play.frozen(900, 900), 'live');
  expect(play.frozen(1400, 1400), 'restarting', 'restart');
  expect(play.fresh(), 'live');
  assert.equal(play.state.cause, null);
});

test('a camera that stalls while packets arrive is no lost path: one new session after 10 s, the next after 20 s', () => {
  const play = live();
  expect(play.frozen(9900), 'live');
  expect(play.frozen(10000), 'asking', 'endSession', 'closePeer', 'startSession');
  play.started('s2').offered('s2').path('connected');
  expect(play.frozen(10000), 'live');
  expect(play.frozen(20000), 'asking', 'endSession', 'closePeer', 'startSession');
});

test('a restart that nobody answers: first the socket is replaced, then the session', () => {
  const play = live();
  play.path('disconnected');
  expect(play.due(), 'restarting', 'reconnect');
  play.on({type: 'down'}).up();
  expect(play.says({type: 'sessionResumed', peerId: 'p2', sessionId: 's1'}), 'restarting', 'restart');
  expect(play.due(), 'asking', 'endSession', 'closePeer', 'startSession');
});

test('a restart that is offered and leads nowhere ends in a new session', () => {
  const play = live().path('disconnected').offered();
  expect(play.due(), 'asking', 'endSession', 'closePeer', 'startSession');
});

test('a path lost while signaling is away waits for signaling, then restarts', () => {
  const play = live().on({type: 'down'}).path('failed');
  expect(play, 'restarting');
  assert.equal(play.state.deadline, null);
  play.up();
  expect(play.says({type: 'sessionResumed', peerId: 'p2', sessionId: 's1'}), 'restarting', 'restart');
});

test('a changed network: new socket, then a new path beside the old one, while the picture stays live', () => {
  const play = live();
  expect(play.on({type: 'network', back: true}), 'live', 'reconnect');
  play.on({type: 'down'}).up();
  expect(play.says({type: 'sessionResumed', peerId: 'p2', sessionId: 's1'}), 'live', 'restart');
  expect(play.offered(), 'live', 'offer');
});

test('a path lost right after the network changed names the network as the cause', () => {
  const play = live().on({type: 'network', back: false}).on({type: 'path', state: 'disconnected'}, 3000);
  assert.equal(play.state.cause, 'network');
});

test('a robot that leaves while its picture moves is not offline', () => {
  const play = live();
  expect(play.on({type: 'robot', online: false}), 'live');
  expect(play.fresh(), 'live');
});

test('a robot that leaves and freezes is offline; when it is back a new session begins', () => {
  const play = live().on({type: 'robot', online: false});
  expect(play.frozen(400, 400), 'live');
  expect(play.frozen(1000, 1000), 'offline', 'lookup');
  play.on({type: 'found', robot: {online: false, since: '2026-03-14T14:02:00Z'}});
  assert.equal(play.state.offlineSince, '2026-03-14T14:02:00Z');
  play.on({type: 'robot', online: true});
  expect(play.due(), 'asking', 'endSession', 'closePeer', 'startSession');
});

test('an offline robot whose picture moves again is live, whatever its signaling does', () => {
  const play = live().on({type: 'robot', online: false}).frozen(1000, 1000);
  expect(play.fresh(), 'live');
});

test('a robot that was only away from the server resumes the session instead', () => {
  const play = live().on({type: 'robot', online: false}).frozen(1000, 1000);
  play.on({type: 'robot', online: true});
  expect(play.says({type: 'sessionResumed', peerId: 'p2', sessionId: 's1'}), 'restarting', 'restart');
});

test('a robot that changed its network: the server says that it left, that the session goes on, that it is there', () => {
  for (const before of [live().frozen(900, 900), live().frozen(1400, 1400)]) {
    before.on({type: 'robot', online: false}).says({type: 'sessionResumed', peerId: 'p2', sessionId: 's1'}).on({type: 'robot', online: true});
    before.offered();
    before.on({type: 'tick'}, 1500);
    assert.equal(before.state.sessionId, 's1', 'its new path may take a while, but it is no new process');
  }
});

test('a robot process that died: the server ends the session, a new one begins at once', () => {
  const play = live();
  expect(play.says({type: 'endSessionV1_1', sessionId: 's1', error: 'the robot was restarted'}), 'waiting', 'closePeer', 'lookup');
  assert.equal(play.state.cause, 'robot');
  expect(play.on({type: 'robot', online: true}), 'asking', 'startSession');
});

test('a robot that is not there is offline when the server knows it, unknown when not, and found when it comes', () => {
  const play = new Play().up();
  expect(play.says({type: 'error', code: 'no-peer', details: 'no robot'}), 'offline', 'lookup');
  expect(play.on({type: 'found', robot: null}), 'unknown');
  expect(play.on({type: 'robot', online: true}), 'asking', 'startSession');
});

test('after a restart of the server a robot that we saw is offline, not unknown', () => {
  const play = live();
  play.on({type: 'down'}).path('failed').up();
  play.says({type: 'error', code: 'bad-token', details: 'start the session anew'});
  play.says({type: 'error', code: 'no-peer', details: 'no robot'});
  play.on({type: 'found', robot: null});
  assert.equal(play.state.phase, 'offline');
});

test('too many viewers, said by the server or by the robot: waits and tries again', () => {
  const byServer = new Play().up().says({type: 'error', code: 'too-many-sessions', details: 'too many viewers'});
  expect(byServer, 'refused');
  expect(byServer.due(), 'asking', 'startSession');
  const byRobot = new Play().up().started().says({type: 'endSessionV1_1', sessionId: 's1', error: 'too many viewers: 8 are connected'});
  assert.equal(byRobot.state.phase, 'refused');
});

test('a robot that never offers, and a path that never stands, are tried again with growing pauses', () => {
  const play = new Play().up();
  const pauses = [];
  for (let i = 0; i < 6; i++) {
    play.started(`s${i}`).offered(`s${i}`).due();
    assert.equal(play.state.phase, 'waiting');
    pauses.push(play.state.deadline - play.now);
    play.due();
    assert.equal(play.state.phase, 'asking');
  }
  assert.deepEqual(pauses, [100, 500, 1000, 2000, 5000, 5000]);
});

test('a server that goes away before the picture came: begins again when it is back', () => {
  const play = new Play().up();
  expect(play.on({type: 'down'}), 'server');
  assert.equal(play.state.deadline, null);
  expect(play.up(), 'asking', 'startSession');
});

test('a server without restart gets a new session instead', () => {
  const play = new Play().up([]).started().offered().path('connected').fresh();
  expect(play.path('disconnected'), 'asking', 'endSession', 'closePeer', 'startSession');
});

test('a renegotiation by the robot is answered without a change of state', () => {
  expect(live().offered(), 'live', 'offer');
});

test('whatever comes in whatever order, something is always due or awaited', () => {
  const events = [
    {type: 'up', features: FEATURES}, {type: 'up', features: []}, {type: 'down'}, {type: 'robot', online: true}, {type: 'robot', online: false},
    {type: 'found', robot: null}, {type: 'found', robot: {online: true, since: null}}, {type: 'found', robot: {online: false, since: null}},
    {type: 'path', state: 'connected'}, {type: 'path', state: 'disconnected'}, {type: 'path', state: 'failed'}, {type: 'network', back: true},
    {type: 'picture', frozen_ms: 0, silent_ms: 0}, {type: 'picture', frozen_ms: 2000, silent_ms: 2000}, {type: 'picture', frozen_ms: 30000, silent_ms: 0},
    {type: 'message', message: {type: 'sessionStarted', peerId: 'p', sessionId: 's1', resumeToken: 't'}},
    {type: 'message', message: {type: 'peer', sessionId: 's1', sdp: {type: 'offer', sdp: 'v=0'}}},
    {type: 'message', message: {type: 'endSessionV1_1', sessionId: 's1', error: 'why'}},
    {type: 'message', message: {type: 'sessionResumed', peerId: 'p', sessionId: 's1'}},
    {type: 'message', message: {type: 'error', code: 'no-peer', details: ''}}, {type: 'message', message: {type: 'error', code: 'rate', details: ''}},
    {type: 'message', message: {type: 'error', code: 'no-session', details: '', sessionId: 's1'}}, {type: 'tick'},
  ];
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let run = 0; run < 300; run++) {
    const play = new Play();
    for (let i = 0; i < 60; i++) {
      play.on(events[Math.floor(random() * events.length)], Math.floor(random() * 3000));
      const {phase, signaling, deadline, frozen_ms} = play.state;
      if (play.last.type === 'picture' && play.last.frozen_ms === 0) assert.equal(frozen_ms, 0, 'a fresh picture is never kept as frozen');
      if (!signaling) continue; // the socket comes back for ever, and `up` begins anew
      // Signaling is up: a live picture reports its freeze every half second, all other phases must have a deadline.
      assert.ok(phase === 'live' || deadline !== null, `nothing is due in ${phase}, frozen ${frozen_ms}, run ${run}`);
      assert.notEqual(phase, 'server');
    }
  }
});
