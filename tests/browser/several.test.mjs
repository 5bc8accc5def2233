// Several cameras with the real programs: what is not looked at costs nothing and is back at once, one that dies hurts no
// other, and players get those they ask for.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {quantile, until} from '../lab.mjs';
import {machine, now, within} from './lib/machine.mjs';
import {answered, play, watched} from './lib/play.mjs';
import {untilKind} from './lib/stage.mjs';

const CAMERAS = ['front=test:', 'rear=test:?size=640x480'];
const SWITCHES = 20;
/** From the click to the first new picture of a camera that slept. */
const SWITCH_MS_MAX = 300;

test('two cameras of one robot come in one session', async (t) => {
  const {lab, page} = await play(t, {cameras: CAMERAS});
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await until('both pictures have their size', () => page.evaluate(() => {
    const sizes = [...document.querySelectorAll('video')].map((video) => `${video.videoWidth}x${video.videoHeight}`);
    return sizes.join() === '1280x720,640x480';
  }));
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), 1);
});

/** Keeps hold of the page's RTCPeerConnections, so that a test may ask what the browser counted. */
function keepPeers() {
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      window.peers.push(this);
    }
  };
}

/** In the page: the transports of all its connections, without what merely grows. */
async function transports() {
  const all = [];
  for (const peer of window.peers)
    for (const entry of (await peer.getStats()).values())
      if (entry.type === 'transport') {
        const {id, dtlsState, dtlsRole, localCertificateId, remoteCertificateId, selectedCandidatePairChanges, iceLocalUsernameFragment} = entry;
        all.push({id, dtlsState, dtlsRole, localCertificateId, remoteCertificateId, selectedCandidatePairChanges, iceLocalUsernameFragment});
      }
  return all;
}

/** In the page: video packets that came so far, by m-line. */
async function packets() {
  const entries = [...(await window.peers[0].getStats()).values()].filter(({type}) => type === 'inbound-rtp');
  return entries.sort((a, b) => Number(a.mid) - Number(b.mid)).map(({packetsReceived}) => packetsReceived);
}

/** In the page: what the browser counted of the first camera. */
async function framesOfFirst() {
  const entries = [...(await window.peers[0].getStats()).values()];
  const {framesReceived, packetsLost, pliCount} = entries.find(({type, mid}) => type === 'inbound-rtp' && mid === '0');
  return {received: framesReceived, lost: packetsLost, asked: pliCount};
}

/** In the page: chooses that camera; from when to when by the clock of machine.mjs it took until it shows a picture that was drawn after the click. */
async function choose(at) {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  const tile = document.querySelectorAll('.tile')[at];
  const video = tile.querySelector('video');
  const clicked = performance.now();
  tile.querySelector('.choose').click();
  for (;;) {
    await new Promise((shown) => video.requestVideoFrameCallback(shown));
    const stamp = readStamp(context, video);
    if (stamp && stamp.drawnUs / 1000 > performance.timeOrigin + clicked) return [clicked, performance.now()].map((at) => performance.timeOrigin + at);
  }
}

test('one alone: the other is not sent and its encoder sleeps; a switch shows it at once, on the same transport', async (t) => {
  const {lab, page} = await play(t, {cameras: CAMERAS});
  await page.addInitScript(keepPeers);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const begun = now();
  const before = await page.evaluate(transports);
  assert.deepEqual(before.map(({dtlsState}) => dtlsState), ['connected']);
  await page.keyboard.press('l');
  await page.keyboard.press('l');
  const rear = {camera: 'rear'};
  const idle = async () => [(await page.evaluate(packets))[1], await lab.metric('bigfoot_frames_encoded_total', rear)];
  await until('nothing more comes of the rear camera and nothing is encoded', async () => {
    const [was, captured, front] = [await idle(), await lab.metric('bigfoot_frames_captured_total', rear), (await page.evaluate(packets))[0]];
    await page.waitForTimeout(1000);
    const [is, more] = [await idle(), (await page.evaluate(packets))[0]];
    return String(is) === String(was) && more > front && (await lab.metric('bigfoot_frames_captured_total', rear)) > captured;
  });
  const times = [];
  for (let i = 0; i < SWITCHES; i++) {
    machine.begin();
    const [from, to] = await answered(page, choose, (i + 1) % 2, 60000);
    times.push({ms: to - from, judged: to - from - machine.lost(from, to)});
    await untilKind(page, 'live');
    await page.waitForTimeout(300 + 13 * i); // at every phase of the camera's clock
  }
  const [p50, p95] = [0.5, 0.95].map((q) => quantile(times.map(({ms}) => ms), q));
  t.diagnostic(`switch to a sleeping camera, click to picture: p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms over ${times.length}`);
  assert.ok(quantile(times.map(({judged}) => judged), 0.5) <= SWITCH_MS_MAX && p50 <= 2 * SWITCH_MS_MAX, JSON.stringify(times));
  // On a machine that stood still a path may be taken for lost and made anew, in the same session.
  const handshake = ({id, dtlsState, dtlsRole, localCertificateId, remoteCertificateId}) => ({id, dtlsState, dtlsRole, localCertificateId, remoteCertificateId});
  const after = await page.evaluate(transports);
  assert.deepEqual(after.map(handshake), before.map(handshake), 'one connection, one DTLS handshake');
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), 1);
  if (machine.lost(begun, now()) >= 1000) return;
  assert.deepEqual(after, before, 'over one path');
  assert.equal([...lab.robot.output.matchAll(/session\.state .*state=live/g)].length, 1, 'one session in the log');
});

test('a page that was hidden for long is live again as soon as it is shown, in the same session', async (t) => {
  const {lab, page} = await play(t, {cameras: CAMERAS});
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const hide = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', {configurable: true, value});
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await page.waitForFunction(() => document.title.startsWith('Paused'), );
  await until('no encoder works', async () => {
    const encoded = await lab.metric('bigfoot_frames_encoded_total');
    await page.waitForTimeout(1000);
    return (await lab.metric('bigfoot_frames_encoded_total')) === encoded;
  });
  await within(3000, 'live again', async () => {
    await hide(false);
    await untilKind(page, 'live');
  });
  await page.waitForFunction(() => document.querySelectorAll('.tile.old').length === 0);
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), 1);
});

test('a camera that dies leaves the other without a gap, and both in their session', async (t) => {
  const dying = 'gst:videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1 ! identity error-after=120';
  const {lab, page} = await play(t, {cameras: ['front=test:', `rear=${dying}`]});
  await page.addInitScript(keepPeers);
  await page.goto(`${lab.url}/r/rover-7/front`);
  await untilKind(page, 'live');
  const front = {camera: 'front'};
  const ofRobot = async () => {
    const samples = await lab.samples();
    const [captured, sent] = ['captured', 'sent'].map((what) => samples.get(`bigfoot_frames_${what}_total`).find(({labels}) => labels.camera === front.camera).value);
    return {captured, sent};
  };
  const faults = () => [...lab.robot.output.matchAll(/camera\.fault .*camera=rear/g)].length;
  // In this order what comes between two looks is counted as too much, never as missing.
  const before = faults();
  const was = {...(await page.evaluate(framesOfFirst)), ...(await ofRobot())};
  const begun = now();
  const {frames, unread, possible} = await watched(page, {seconds: 10});
  assert.ok(faults() > before, `it died meanwhile, and again: ${lab.robot.output.slice(-2000)}`);
  assert.equal(unread, 0);
  const leaps = frames.map((frame, i) => (i === 0 ? 1 : frame - frames[i - 1]));
  // What a busy machine does not draw is no fault of the robot: the counts are strict, the gap on the screen is not.
  const lost = machine.lost(begun, now());
  assert.ok(Math.max(...leaps) <= 30 * (1 + lost / 1000), `pictures missed at once: ${leaps.filter((leap) => leap > 3)}`);
  const is = {...(await ofRobot()), ...(await page.evaluate(framesOfFirst))};
  const grown = (name) => is[name] - was[name];
  const what = JSON.stringify({was, is});
  assert.ok(grown('captured') > possible * 0.66 && grown('sent') >= grown('captured') - 10 && grown('received') >= grown('sent') - 10, what);
  if (lost < 1000) assert.deepEqual([grown('lost'), grown('asked')], [0, 0], what);
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), 1);
});

/** In the page: a WHEP player with so many m-lines; the sizes of the pictures that came, `null` for a refused m-line. */
async function playWhep({url, lines}) {
  const peer = new RTCPeerConnection();
  const transceivers = Array.from({length: lines}, () => peer.addTransceiver('video', {direction: 'recvonly'}));
  await peer.setLocalDescription();
  await new Promise((done) => (peer.iceGatheringState === 'complete' ? done() : peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && done())));
  const reply = await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  const sdp = await reply.text();
  if (!reply.ok) return reply.status;
  await peer.setRemoteDescription({type: 'answer', sdp});
  const sizes = await Promise.all(transceivers.map(async ({currentDirection, receiver}) => {
    if (currentDirection !== 'recvonly') return null;
    const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true, srcObject: new MediaStream([receiver.track])});
    await new Promise((shown) => video.requestVideoFrameCallback(shown));
    return `${video.videoWidth}x${video.videoHeight}`;
  }));
  await fetch(new URL(reply.headers.get('Location'), url), {method: 'DELETE'});
  peer.close();
  return sizes;
}

test('WHEP: a robot gives as many cameras as the player has m-lines, a camera gives one', async (t) => {
  const {lab, page} = await play(t, {cameras: CAMERAS});
  await page.goto(`${lab.url}/version`);
  const sizes = (path, lines) => answered(page, playWhep, {url: `${lab.url}/whep/${path}`, lines}, 60000);
  assert.deepEqual(await sizes('rover-7', 2), ['1280x720', '640x480']);
  assert.deepEqual(await sizes('rover-7', 3), ['1280x720', '640x480', null]);
  const rear = () => lab.metric('bigfoot_frames_sent_total', {camera: 'rear'});
  await until('the robot has heard of the last goodbye', async () => (await lab.metric('bigfoot_sessions')) === 0);
  const before = await rear();
  assert.deepEqual(await sizes('rover-7', 1), ['1280x720']);
  assert.equal(await rear(), before, 'nobody watched it');
  assert.deepEqual(await sizes('rover-7/rear', 1), ['640x480']);
  assert.deepEqual(await sizes('rover-7/rear', 2), ['640x480', null]);
  assert.equal(await sizes('rover-7/left', 1), 404);
});
