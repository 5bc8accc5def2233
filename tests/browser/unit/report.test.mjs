import assert from 'node:assert/strict';
import {test} from 'node:test';

import {initial} from '../../../web/js/session_state.js';
import {DelayReports} from '../../../web/js/report.js';

const session = {...initial('rover-7'), sessionId: 's1', signaling: true, features: ['resume', 'report']};
const exact = (ms, error_ms = 2) => ({ms, estimated: false, error_ms});
const guess = (ms) => ({ms, estimated: true});
const known = (camera, delayMs, errorMs = 2) => ({type: 'peer', sessionId: 's1', report: {camera, delayMs, estimated: false, errorMs}});
const guessed = (camera, delayMs) => ({type: 'peer', sessionId: 's1', report: {camera, delayMs, estimated: true}});

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
  assert.deepEqual(reports.due(2000, session), [known('front', 42), guessed('rear', 84)]);
  reports.add('front', exact(50));
  assert.deepEqual(reports.due(3999, session), []);
  assert.deepEqual(reports.due(4100, session), [known('front', 50)]);
});

test('what is not known, or no delay at all, is never told', () => {
  assert.deepEqual(after(), []);
  assert.deepEqual(after(null, null), []);
  assert.deepEqual(after(exact(60001), exact(-1)), []);
  assert.deepEqual(after(exact(30, 60001)), []);
  assert.deepEqual(after(null, exact(30)), [known('front', 30)]);
});

test('what is known and what was guessed are not mixed: the newer kind counts', () => {
  assert.deepEqual(after(exact(20), exact(21), guess(60)), [guessed('front', 60)]);
  assert.deepEqual(after(guess(60), guess(61), exact(20)), [known('front', 20)]);
});

test('the error that is told is the largest of those delays, rounded up', () => {
  assert.deepEqual(after(exact(20, 9.01), exact(21, 12.31), exact(22, 3)), [known('front', 21, 12.4)]);
  assert.deepEqual(after(exact(90, 50), guess(60), exact(20, 3), exact(21, 2)), [known('front', 21, 3)]);
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

test('with the delay goes where the time went, as far as the browser knows', () => {
  const reports = new DelayReports(0);
  reports.add('front', exact(40), {decode: 2, display: 9.04});
  reports.add('front', exact(41), {decode: 3, display: 70000, reassembly: 0});
  reports.add('front', exact(42), {decode: 90, reassembly: -1});
  reports.add('rear', exact(42));
  const [front, rear] = reports.due(2000, session);
  assert.deepEqual(front.report.stagesMs, {reassembly: 0, decode: 3, display: 9});
  assert.deepEqual(rear, known('rear', 42));
  reports.add('front', exact(40));
  assert.deepEqual(reports.due(4000, session), [known('front', 40)], 'told once');
});
