// The page comes back by itself: from a server that dies or drains, a robot that dies, a path that falls silent, a
// network that changes. And it never calls an old picture live meanwhile.

import assert from 'node:assert/strict';
import {afterEach, beforeEach, test} from 'node:test';

import {until} from '../lab.mjs';
import {machine, now, within} from './lib/machine.mjs';
import {said, watchForInterruptions} from './lib/record.mjs';
import {Stage, untilKind} from './lib/stage.mjs';

let stage;
let robot;
let page;
beforeEach(async () => {
  stage = await Stage.open();
  robot = await stage.robot();
  page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
});
afterEach(async () => {
  const faults = stage.faults.splice(0);
  await stage.close();
  assert.deepEqual(faults, []);
});

const ofRobot = () => robot.evaluate(() => ({sessions: [...window.robot.sessions.keys()], restarts: window.robot.restarts}));
const ufrag = () => robot.evaluate(() => /a=ice-ufrag:(.*)/.exec([...window.robot.sessions.values()][0].remoteDescription.sdp)[1]);
/** Both sides of the one session are known to the server. */
const whole = () => stage.server.sessions.size === 1 && [...stage.server.sessions.values()].every(({producer, consumer}) => producer && consumer);

/** A path may be renewed after a second in which nothing ran: who could not listen cannot tell that from silence. */
const STALL_MS = 1000;

/** The session goes on, with so many new paths. */
async function assertSameSession({from, sessions, restarts}, more = 0) {
  const is = await ofRobot();
  assert.deepEqual(is.sessions, sessions);
  if (machine.lost(from, now()) < STALL_MS) assert.equal(is.restarts, restarts + more);
  else assert.ok(is.restarts >= restarts + more);
}

const begin = async () => ({from: now(), ...(await ofRobot())});

test('the server is killed and comes back: the picture stays live, the same session goes on', async () => {
  const before = await begin();
  const interruptions = watchForInterruptions(page);
  await stage.server.stop();
  await said(page, 'that the picture does not need it', ({kind, hint}) => kind === 'live' && hint === 'Signaling lost, picture is live');
  await page.waitForTimeout(1000);
  await stage.server.start();
  const {from: back} = await begin();
  await until('both are back in their session', whole);
  await said(page, 'nothing of it any more', ({kind, hint}) => kind === 'live' && hint === '', {since: back});
  await page.waitForTimeout(500);
  assert.deepEqual(await interruptions(), []);
  await assertSameSession(before);
});

test('a server that drains tells when to come back, and is obeyed', async () => {
  stage.server.heard = [];
  const left = now();
  stage.server.dropViewers(1012, 'retry-after=2');
  await until('the page is back', () => stage.server.heard.length > 0, {pause: 5});
  assert.ok(now() - left >= 2000, `${now() - left} ms`);
  await said(page, 'that it was away', ({hint}) => hint === 'Signaling lost, picture is live', {since: left});
});

test('a server that vanishes without a picture: reconnecting, in words, then live', async () => {
  await stage.server.stop();
  await robot.evaluate(() => window.robot.silence());
  await said(page, 'why, and how old the picture is', ({title, advice}) => title === 'Reconnecting (server unreachable)' && /The last picture is [\d.]+ s old/.test(advice));
  await stage.server.start();
  await untilKind(page, 'live');
});

test('a robot that dies is offline since when; it comes back and is live again', async () => {
  await robot.close();
  const {old} = await said(page, 'since when', ({title}) => /rover-7 is offline since \d\d:\d\d/.test(title));
  assert.ok(old, 'its last picture is dimmed');
  robot = await stage.robot();
  await untilKind(page, 'live');
});

test('a robot that loses only its signaling stays live', async () => {
  const before = await begin();
  const interruptions = watchForInterruptions(page);
  await robot.evaluate(() => window.robot.leaveSignaling());
  await until('the server has lost it', () => !whole());
  await page.waitForTimeout(1500);
  await robot.evaluate(() => window.robot.connect());
  await until('it is back in its session', whole);
  await page.waitForTimeout(500);
  assert.deepEqual(await interruptions(), []);
  await assertSameSession(before);
});

test('a path that falls silent is given up for a new one, without waiting for the browser to call it failed', async () => {
  const {from, sessions} = await begin();
  await within(12000, 'live again', async () => {
    await robot.evaluate(() => window.robot.silence());
    const {at} = await said(page, 'that it reconnects', ({kind}) => kind === 'reconnecting', {since: from});
    await said(page, 'that it is live', ({kind}) => kind === 'live', {since: at});
  });
  assert.notDeepEqual((await ofRobot()).sessions, sessions);
});

test('a changed network: one ICE restart in the same session, the picture stays live', async () => {
  const before = await begin();
  const oldUfrag = await ufrag();
  const interruptions = watchForInterruptions(page);
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await until('the page has answered with new credentials', async () => (await ufrag()) !== oldUfrag);
  await page.waitForTimeout(1500);
  await assertSameSession(before, 1);
  assert.deepEqual(await interruptions(), []);
});

test('a path lost right after the network changed says so', async () => {
  const from = now();
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await robot.evaluate(() => window.robot.silence());
  const {at} = await said(page, 'why', ({title}) => title === 'Reconnecting (network changed)', {since: from});
  await said(page, 'that it is live', ({kind}) => kind === 'live', {since: at});
});

test('garbage from the server disturbs nothing', async () => {
  const before = await begin();
  const interruptions = watchForInterruptions(page);
  for (const message of [{type: 'peer'}, {type: 'nonsense'}, {type: 'endSession', sessionId: 'another'}, {type: 'error', details: 'x'}, 7, null])
    stage.server.tellViewers(message);
  await page.waitForTimeout(700);
  assert.deepEqual(await interruptions(), []);
  await assertSameSession(before);
});
