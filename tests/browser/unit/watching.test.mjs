import assert from 'node:assert/strict';
import {test} from 'node:test';

import {initial} from '../../../web/js/session_state.js';
import {HIDDEN_MS_MAX, Watching} from '../../../web/js/watching.js';

const session = {...initial('rover-7'), sessionId: 's1', signaling: true, features: ['resume', 'watch']};
const cameras = ['front', 'rear', 'arm'];
const all = () => true;
const only = (...seen) => (at) => seen.includes(at);

/** What is told then, as if it was sent; null: nothing. */
function tells(watching, seen, now = 0, state = session, names = cameras) {
  const message = watching.due(state, names, seen, now);
  if (message) watching.sent(message);
  return message && message.watch;
}

test('who looks at everything need not say so; what changes is said once', () => {
  const watching = new Watching();
  assert.equal(tells(watching, all), null);
  assert.deepEqual(watching.due(session, cameras, only(1), 0), {type: 'peer', sessionId: 's1', watch: ['rear']});
  assert.deepEqual(tells(watching, only(1)), ['rear']);
  assert.equal(tells(watching, only(1)), null);
  assert.deepEqual(cameras.map((camera) => watching.sends(camera)), [false, true, false]);
  assert.deepEqual(tells(watching, all), cameras);
  assert.ok(cameras.every((camera) => watching.sends(camera)));
});

test('what could not be sent is due again', () => {
  const watching = new Watching();
  assert.ok(watching.due(session, cameras, only(1), 0));
  assert.ok(watching.sends('front'), 'the robot does not know yet');
  assert.ok(watching.due(session, cameras, only(1), 1));
});

test('a page that is hidden looks at nothing, but not at once', () => {
  const watching = new Watching();
  watching.setHidden(true, 1000);
  watching.setHidden(true, 9000); // said again: it is hidden since 1000 all the same
  assert.equal(tells(watching, all, 1000 + HIDDEN_MS_MAX - 1), null);
  assert.deepEqual(tells(watching, all, 1000 + HIDDEN_MS_MAX), []);
  assert.equal(tells(watching, all, 60000), null);
  watching.setHidden(false, 60000);
  assert.deepEqual(tells(watching, only(0), 60000), ['front']);
});

test('a new session is sent everything until it is told otherwise', () => {
  const watching = new Watching();
  tells(watching, only(1));
  const next = {...session, sessionId: 's2'};
  assert.deepEqual(tells(watching, only(1), 0, next), ['rear']);
  assert.deepEqual(tells(watching, only(1), 0, {...session, sessionId: null}), null);
  assert.equal(watching.sends('front'), false, 'while no session is known the robot does what it was told');
  assert.equal(tells(watching, all, 0, {...session, sessionId: 's3'}), null);
  assert.ok(watching.sends('front'));
});

test('nothing is said where nobody would hear it', () => {
  for (const deaf of [{features: ['report']}, {signaling: false}, {robotHere: false}, {sessionId: null}]) {
    assert.equal(tells(new Watching(), only(0), 0, {...session, ...deaf}), null, JSON.stringify(deaf));
  }
  assert.equal(tells(new Watching(), only(0), 0, session, []), null, 'the names are not known');
});

test('it is said again after a resume, and in a while when the robot was busy', () => {
  const watching = new Watching();
  tells(watching, only(1));
  watching.heard({type: 'sessionResumed', peerId: 'r', sessionId: 's1'}, 0);
  assert.deepEqual(tells(watching, only(1)), ['rear']);
  assert.equal(tells(watching, only(1)), null);
  watching.heard({type: 'error', code: 'peer-busy', details: '', sessionId: 's1'}, 5000);
  assert.equal(tells(watching, only(1), 5500), null);
  assert.deepEqual(tells(watching, only(1), 6000), ['rear']);
  const silent = new Watching();
  silent.heard({type: 'sessionResumed', peerId: 'r', sessionId: 's1'}, 0);
  assert.equal(tells(silent, all), null, 'what was never said need not be said again');
});

test('a robot of GStreamer sends everything whatever one looks at', () => {
  const watching = new Watching();
  tells(watching, only(1));
  watching.heard({type: 'error', code: 'unsupported', details: '', sessionId: 's1'}, 0);
  assert.ok(watching.sends('front'));
  assert.equal(tells(watching, only(2)), null);
});
