// The page comes back by itself: from a server that dies or drains, a robot that dies, a path that falls silent, a
// network that changes. And it never calls an old picture live meanwhile.

import assert from 'node:assert/strict';
import {afterEach, beforeEach, test} from 'node:test';

import {seen, Stage, untilKind} from './lib/stage.mjs';

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
const title = (text) => page.locator('[data-part="title"]', {hasText: text});
const hint = () => page.locator('[data-part="hint"]');

/** Watches from inside the page that nothing but a live picture is shown. */
async function watchForInterruptions() {
  await page.evaluate(() => {
    const viewer = document.querySelector('.viewer');
    window.interruptions = [];
    new MutationObserver(() => viewer.dataset.kind !== 'live' && window.interruptions.push(viewer.dataset.kind)).observe(viewer, {attributes: true});
  });
  return () => page.evaluate(() => window.interruptions);
}

test('the server is killed and comes back: the picture stays live, the same session goes on', async () => {
  const before = await ofRobot();
  const interruptions = await watchForInterruptions();
  await stage.server.stop();
  await hint().waitFor();
  assert.equal(await hint().textContent(), 'Signaling lost, picture is live');
  await page.waitForTimeout(1000);
  await stage.server.start();
  await hint().waitFor({state: 'hidden'});
  await page.waitForTimeout(500);
  assert.deepEqual(await interruptions(), []);
  assert.deepEqual(await ofRobot(), before);
});

test('a server that drains tells when to come back, and is obeyed', async () => {
  const left = Date.now();
  stage.server.dropViewers(1012, 'retry-after=2');
  await hint().waitFor();
  await hint().waitFor({state: 'hidden'});
  assert.ok(Date.now() - left >= 2000, `${Date.now() - left} ms`);
});

test('a server that vanishes without a picture: reconnecting, in words, then live', async () => {
  await stage.server.stop();
  await robot.evaluate(() => window.robot.silence());
  await title('Reconnecting (server unreachable)').waitFor();
  assert.match((await seen(page)).advice, /The last picture is [\d.]+ s old/);
  await stage.server.start();
  await untilKind(page, 'live');
});

test('a robot that dies is offline since when; it comes back and is live again', async () => {
  await robot.close();
  await title(/rover-7 is offline since \d\d:\d\d/).waitFor();
  assert.equal(await page.locator('.tile.old').count(), 1);
  robot = await stage.robot();
  await untilKind(page, 'live');
});

test('a robot that loses only its signaling stays live', async () => {
  const interruptions = await watchForInterruptions();
  await robot.evaluate(() => window.robot.leaveSignaling());
  await page.waitForTimeout(1500);
  await robot.evaluate(() => window.robot.connect());
  await page.waitForTimeout(500);
  assert.deepEqual(await interruptions(), []);
  assert.equal((await ofRobot()).sessions.length, 1);
});

test('a path that falls silent is given up for a new one, without waiting for the browser to call it failed', async () => {
  const {sessions} = await ofRobot();
  const at = Date.now();
  await robot.evaluate(() => window.robot.silence());
  await untilKind(page, 'reconnecting');
  await untilKind(page, 'live', 20000);
  assert.ok(Date.now() - at < 12000, `${Date.now() - at} ms`);
  assert.notDeepEqual((await ofRobot()).sessions, sessions);
});

test('a changed network: one ICE restart in the same session, the picture stays live', async () => {
  const before = await ofRobot();
  const interruptions = await watchForInterruptions();
  const ufrag = () => robot.evaluate(() => /a=ice-ufrag:(.*)/.exec([...window.robot.sessions.values()][0].remoteDescription.sdp)[1]);
  const oldUfrag = await ufrag();
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await robot.waitForFunction(() => window.robot.restarts === 1);
  await page.waitForTimeout(1500);
  assert.deepEqual(await ofRobot(), {...before, restarts: 1});
  assert.notEqual(await ufrag(), oldUfrag);
  assert.deepEqual(await interruptions(), []);
});

test('a path lost right after the network changed says so', async () => {
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await robot.evaluate(() => window.robot.silence());
  await title('Reconnecting (network changed)').waitFor();
  await untilKind(page, 'live', 20000);
});

test('garbage from the server disturbs nothing', async () => {
  const interruptions = await watchForInterruptions();
  for (const message of [{type: 'peer'}, {type: 'nonsense'}, {type: 'endSession', sessionId: 'another'}, {type: 'error', details: 'x'}, 7, null])
    stage.server.tellViewers(message);
  await page.waitForTimeout(700);
  assert.deepEqual(await interruptions(), []);
});
