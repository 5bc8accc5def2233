// The real server, the real robot with its `test:` camera, and Chromium.

import assert from 'node:assert/strict';
import {afterEach, beforeEach, test} from 'node:test';

import {Bigfoot} from './lib/bigfoot.mjs';
import {openChromium} from './lib/chromium.mjs';
import {seen, untilKind} from './lib/stage.mjs';

let bigfoot;
let chromium;
let faults;
beforeEach(async () => {
  faults = [];
  bigfoot = await Bigfoot.start();
  chromium = await openChromium();
});
afterEach(async () => {
  await chromium.close();
  await bigfoot.close();
  assert.deepEqual(faults, [], bigfoot.output.join(''));
});

/** The viewer's page, counting its peer connections and its states. */
async function open(path) {
  const page = await chromium.browser.newPage();
  page.on('pageerror', (error) => faults.push(error.stack));
  await page.addInitScript(() => {
    window.peers = 0;
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration) {
        super(configuration);
        window.peers++;
      }
    };
  });
  await page.goto(bigfoot.url + path);
  return page;
}

async function openLive(path = '/r/rover-7') {
  const page = await open(path);
  await untilKind(page, 'live');
  return page;
}

test('the picture moves, its stamp is read, and nothing freezes in 20 s', async () => {
  await bigfoot.startRobot();
  const page = await openLive();
  await page.waitForTimeout(1000);
  const watched = await page.evaluate(async () => {
    const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
    const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
    const video = document.querySelector('.tile.large video');
    const kinds = new Set();
    const result = {shown: 0, stamps: 0, longest_ms: 0, first: null, last: null};
    let before = performance.now();
    let running = true;
    const next = (now) => {
      result.longest_ms = Math.max(result.longest_ms, now - before);
      before = now;
      result.shown++;
      if (result.shown % 5 === 0) {
        const stamp = readStamp(context, video);
        if (stamp) result.stamps++;
        result.first ??= stamp?.frame ?? null;
        result.last = stamp?.frame ?? result.last;
      }
      kinds.add(document.querySelector('.viewer').dataset.kind);
      if (running) video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    await new Promise((resolve) => setTimeout(resolve, 20000));
    running = false;
    return {...result, kinds: [...kinds]};
  });
  assert.deepEqual(watched.kinds, ['live']);
  assert.ok(watched.shown > 20 * 25, `${watched.shown} frames shown in 20 s`);
  assert.ok(watched.stamps > watched.shown / 6, `${watched.stamps} stamps in ${watched.shown} frames`);
  assert.ok(watched.last - watched.first > 20 * 25, `frames ${watched.first} to ${watched.last}`);
  assert.ok(watched.longest_ms < 300, `${watched.longest_ms} ms between two frames`);
  assert.match((await seen(page)).pill, /^Live · \d+ ms$/);
});

test('two cameras in one session, each with its own picture', async () => {
  await bigfoot.startRobot(['front=test:', 'rear=test:?size=640x480']);
  const page = await openLive('/r/rover-7/rear');
  await page.waitForFunction(() => document.querySelectorAll('.tile:not(.old)').length === 2);
  assert.equal(await page.locator('.tile.large .label').textContent(), 'rear');
  const sizes = await page.locator('.tile video').evaluateAll((all) => all.map((video) => `${video.videoWidth}x${video.videoHeight}`));
  assert.deepEqual(sizes, ['1280x720', '640x480']);
  assert.equal(await page.evaluate(() => window.peers), 1);
});

test('the server is killed: the picture stays live, and the same session goes on when it is back', async () => {
  await bigfoot.startRobot();
  const page = await openLive();
  await bigfoot.end('server', 'SIGKILL');
  const hint = page.locator('[data-part="hint"]', {hasText: 'Signaling lost, picture is live'});
  await hint.waitFor();
  assert.equal((await seen(page)).kind, 'live');
  await bigfoot.startServer();
  await hint.waitFor({state: 'hidden'});
  await bigfoot.until('the robot is back', async () => (await bigfoot.robots())[0]?.viewers === 1);
  await page.waitForTimeout(1000);
  assert.equal((await seen(page)).kind, 'live');
  assert.equal(await page.evaluate(() => window.peers), 1);
});

test('the robot is killed and started again: offline in words, then live without a hand', async () => {
  await bigfoot.startRobot();
  const page = await openLive();
  await bigfoot.end('robot', 'SIGKILL');
  await page.locator('[data-part="title"]', {hasText: /rover-7 is offline since \d\d:\d\d/}).waitFor();
  await bigfoot.startRobot();
  await untilKind(page, 'live');
});

test('a changed network is answered with new ICE credentials in the same session', async () => {
  await bigfoot.startRobot();
  const page = await openLive();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.waitForTimeout(2500);
  assert.equal((await seen(page)).kind, 'live');
  assert.equal(await page.evaluate(() => window.peers), 1);
  assert.equal((await bigfoot.robots())[0].viewers, 1);
});

test('a page that is closed leaves no viewer behind', async () => {
  await bigfoot.startRobot();
  const page = await openLive();
  assert.equal((await bigfoot.robots())[0].viewers, 1);
  await page.close();
  await bigfoot.until('no viewer', async () => (await bigfoot.robots())[0].viewers === 0);
});

test('a WHEP player restarts ICE without a new session', async () => {
  await bigfoot.startRobot();
  const page = await open('/version');
  const result = await page.evaluate(whepPlayer);
  assert.equal(result.offered, 201);
  assert.equal(result.restarted, 200);
  assert.notEqual(result.ufrags[0], result.ufrags[1]);
  assert.ok(result.framesAfter > 20, `${result.framesAfter} frames after the restart`);
  assert.equal(result.viewers, 1);
  assert.equal(result.deleted, 200);
});

/** Runs in the page: plays rover-7 over WHEP, restarts ICE, watches on, leaves. */
async function whepPlayer() {
  const peer = new RTCPeerConnection();
  peer.addTransceiver('video', {direction: 'recvonly'});
  const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true});
  document.body.append(video);
  peer.ontrack = ({track}) => (video.srcObject = new MediaStream([track]));
  const gathered = () => new Promise((resolve) => {
    if (peer.iceGatheringState === 'complete') return resolve();
    peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve();
  });
  const value = (sdp, name) => new RegExp(`a=${name}:(\\S+)`).exec(sdp)[1];
  const frames = () => video.getVideoPlaybackQuality().totalVideoFrames;
  const moving = async (more) => {
    const until = frames() + more;
    while (frames() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  await peer.setLocalDescription();
  await gathered();
  const answer = await fetch('/whep/rover-7', {method: 'POST', headers: {'content-type': 'application/sdp'}, body: peer.localDescription.sdp});
  const sdp = await answer.text();
  const session = answer.headers.get('location');
  await peer.setRemoteDescription({type: 'answer', sdp});
  await moving(10);

  peer.restartIce();
  await peer.setLocalDescription();
  await gathered();
  const local = peer.localDescription.sdp;
  const lines = local.split('\r\n');
  const fragment = [
    `a=ice-ufrag:${value(local, 'ice-ufrag')}`, `a=ice-pwd:${value(local, 'ice-pwd')}`, lines.find((line) => line.startsWith('m=')), 'a=mid:0',
    ...lines.filter((line) => line.startsWith('a=candidate:')), 'a=end-of-candidates', '',
  ].join('\r\n');
  const patched = await fetch(session, {
    method: 'PATCH', headers: {'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*'}, body: fragment,
  });
  const reply = await patched.text();
  const candidates = reply.split('\r\n').filter((line) => line.startsWith('a=candidate:'));
  const renewed = sdp.replace(/a=ice-ufrag:\S+/g, `a=ice-ufrag:${value(reply, 'ice-ufrag')}`).replace(/a=ice-pwd:\S+/g, `a=ice-pwd:${value(reply, 'ice-pwd')}`)
    .split('\r\n').filter((line) => !line.startsWith('a=candidate:') && !line.startsWith('a=end-of-candidates')).join('\r\n');
  await peer.setRemoteDescription({type: 'answer', sdp: renewed + candidates.map((line) => `${line}\r\n`).join('')});
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = frames();
  await moving(30);
  const framesAfter = frames() - before;
  const {viewers} = (await (await fetch('/api/v1/robots')).json())[0];
  const deleted = (await fetch(session, {method: 'DELETE'})).status;
  return {offered: answer.status, restarted: patched.status, ufrags: [value(sdp, 'ice-ufrag'), value(reply, 'ice-ufrag')], framesAfter, viewers, deleted};
}
