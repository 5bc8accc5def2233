import assert from 'node:assert/strict';
import {test} from 'node:test';

import {initial} from '../../../web/js/session_state.js';
import {DelayReports} from '../../../web/js/report.js';

const session = {...initial('rover-7'), sessionId: 's1', signaling: true, features: ['resume', 'report']};
const exact = (ms) => ({ms, estimated: false});
const guess = (ms) => ({ms, estimated: true});
const peer = (camera, delayMs, estimated = false) => ({type: 'peer', sessionId: 's1', report: {camera, delayMs, estimated}});

/** What is due when `delays` are known of one camera, half a second apart. */
function after(...delays) {
  const reports = new DelayReports(0);
  for (const delay of delays) reports.add('front', delay);
  return reports.due(2000, session);
}

test('every two seconds one message a camera, with the median of what was known', () => {
  const reports = new DelayReports(0);
  for (const ms of [40, 900, 41.4567, 42]) {
    reports.add('front', exact(ms));
    reports.add('rear', guess(ms * 2));
  }
  assert.deepEqual(reports.due(1999, session), []);
  assert.deepEqual(reports.due(2000, session), [peer('front', 42), peer('rear', 84, true)]);
  reports.add('front', exact(50));
  assert.deepEqual(reports.due(3999, session), []);
  assert.deepEqual(reports.due(4100, session), [peer('front', 50)]);
});

test('what is not known, or no delay at all, is never told', () => {
  assert.deepEqual(after(), []);
  assert.deepEqual(after(null, null), []);
  assert.deepEqual(after(exact(60001), exact(-1)), []);
  assert.deepEqual(after(null, exact(30)), [peer('front', 30)]);
});

test('what was read and what was guessed are not mixed: the newer kind counts', () => {
  assert.deepEqual(after(exact(20), exact(21), guess(60)), [peer('front', 60, true)]);
  assert.deepEqual(after(guess(60), guess(61), exact(20)), [peer('front', 20)]);
});

test('nothing is kept for later while nobody would hand it on', () => {
  for (const deaf of [{features: ['resume']}, {signaling: false}, {sessionId: null}]) {
    const reports = new DelayReports(0);
    reports.add('front', exact(40));
    assert.deepEqual(reports.due(2000, {...session, ...deaf}), []);
    assert.deepEqual(reports.due(4000, session), []);
  }
});

test('a robot that knows no reports gets no second one, the next session is asked anew', () => {
  const reports = new DelayReports(0);
  reports.refused('s1');
  reports.add('front', exact(40));
  assert.deepEqual(reports.due(2000, session), []);
  reports.add('front', exact(40));
  assert.equal(reports.due(4000, {...session, sessionId: 's2'}).length, 1);
});
