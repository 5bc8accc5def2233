// The real programs and the real page in Chromium: what an operator sees.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {quantile, until} from '../lab.mjs';
import {play, watched} from './lib/play.mjs';
import {seen, untilKind} from './lib/stage.mjs';

test('the picture moves, its stamp reads, twenty seconds pass without a freeze', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const {frames, unread, gap} = await watched(page, {seconds: 20});
  assert.ok(frames.length > 20 * 30 * 0.8, `${frames.length} pictures in 20 s`);
  assert.equal(unread, 0, 'every picture shown has a whole stamp');
  assert.ok(frames.every((frame, i) => i === 0 || frame > frames[i - 1]), 'time runs forward');
  assert.ok(gap < 300, `longest time without a new picture: ${gap.toFixed(0)} ms`);
  assert.match((await seen(page)).pill, /^Live · \d+ ms$/);
});

test('the robot counts how old its pictures are when the operator sees them', async (t) => {
  const {lab, page} = await play(t);
  const only = {robot: 'rover-7', camera: 'front', estimated: 'false'};
  const counted = () => lab.metric('bigfoot_glass_latency_seconds_count', only);
  assert.equal(await counted(), 0, 'nobody has seen anything yet');
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const pills = [];
  await until('four reports of the page', async () => {
    const ms = /^Live · (\d+) ms$/.exec((await seen(page)).pill)?.[1];
    if (ms) pills.push(Number(ms));
    return (await counted()) >= 4;
  }, {pause: 200});
  const [reported, shown] = [await bucketMedian(lab, 'bigfoot_glass_latency_seconds', only), quantile(pills, 0.5)];
  assert.ok(reported > shown / 2 && reported < shown * 2, `p50 ${reported.toFixed(1)} ms on the metrics page, ${shown} ms on the page`);
});

/** The median of a Prometheus histogram of seconds, interpolated in its bucket, in milliseconds. */
async function bucketMedian(lab, name, only) {
  const rows = (await lab.samples()).get(`${name}_bucket`).filter(({labels}) => Object.entries(only).every(([key, value]) => labels[key] === value));
  const buckets = rows.map(({labels, value}) => ({bound: Number(labels.le.replace('+Inf', 'Infinity')), value})).sort((a, b) => a.bound - b.bound);
  const half = buckets.at(-1).value / 2;
  const at = buckets.findIndex(({value}) => value >= half);
  const below = buckets[at - 1] ?? {bound: 0, value: 0};
  return 1000 * (below.bound + ((buckets[at].bound - below.bound) * (half - below.value)) / (buckets[at].value - below.value));
}

test('the page comes back by itself when the robot restarts', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await lab.robot.stop();
  await untilKind(page, 'offline');
  assert.match((await seen(page)).pill + (await seen(page)).title, /offline since \d\d:\d\d/);
  await lab.startRobot();
  await untilKind(page, 'live');
  const {frames} = await watched(page, {seconds: 2});
  assert.ok(frames.length > 30);
});

test('a robot that is killed is noticed, and its successor is shown', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await lab.robot.stop('SIGKILL');
  await until('the page says that the picture is old', async () => (await seen(page)).kind !== 'live', {timeout: 2000});
  await lab.startRobot();
  await untilKind(page, 'live', 30000);
});

test('the picture goes on without the server, and the session is resumed when it is back', async (t) => {
  const {lab, page} = await play(t);
  let resumed = 0;
  page.on('websocket', (socket) => socket.on('framereceived', ({payload}) => {
    if (String(payload).includes('"sessionResumed"')) resumed++;
  }));
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const started = await lab.metric('bigfoot_sessions_started_total');
  await lab.server.stop();
  const without = await watched(page, {seconds: 3}).catch(async () => null);
  assert.ok(without, 'the page itself is still there');
  assert.ok(without.frames.length > 60 && without.gap < 300, `pictures without a server: ${without.frames.length}, longest gap ${without.gap.toFixed(0)} ms`);
  await lab.startServer();
  await until('the robot is back at its server', async () => (await lab.robots()).some((robot) => robot.online), {timeout: 20000});
  // The server says it to both as soon as both are back, each after its own backoff.
  await until('the session is resumed', () => resumed > 0, {timeout: 30000});
  assert.equal(await lab.metric('bigfoot_sessions', {}, lab.adminPort), 1, 'the server has the session again');
  const after = await watched(page, {seconds: 2});
  assert.ok(after.frames.length > 30);
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), started, 'the same session, not a new one');
});

test('restartIce() over WHEP keeps the session and the picture', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/version`);
  const seenByViewer = await page.evaluate(whepRestart, {url: `${lab.url}/whep/rover-7`});
  assert.equal(seenByViewer.patch, 200);
  assert.notEqual(seenByViewer.ufragAfter, seenByViewer.ufragBefore, 'the robot answered with new credentials');
  assert.equal(seenByViewer.dtlsRestarts, 0);
  assert.ok(seenByViewer.gap < 500, `longest time without a new picture: ${seenByViewer.gap.toFixed(0)} ms`);
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), 1);
  await until('DELETE ended it', async () => (await lab.metric('bigfoot_sessions_ended_total')) === 1);
});

/** In the page: a WHEP viewer that restarts ICE after a second. */
async function whepRestart({url}) {
  const peer = new RTCPeerConnection();
  peer.addTransceiver('video', {direction: 'recvonly'});
  const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true});
  document.body.append(video);
  peer.ontrack = ({track}) => {
    video.srcObject = new MediaStream([track]);
  };
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const gathered = () => new Promise((resolve) => (peer.iceGatheringState === 'complete' ? resolve() : peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve())));
  await peer.setLocalDescription(await peer.createOffer());
  await gathered();
  const reply = await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  const answer = await reply.text();
  await peer.setRemoteDescription({type: 'answer', sdp: answer});
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  let last = performance.now();
  let gap = 0;
  let dtlsRestarts = 0;
  const onFrame = (now) => {
    gap = Math.max(gap, now - last);
    last = now;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  const transport = peer.getReceivers()[0].transport;
  // On a busy machine the first picture is painted before the page is told of `connected`: that is no restart.
  transport.addEventListener('statechange', () => {
    if (transport.state !== 'connected') dtlsRestarts++;
  });
  await wait(1000);
  const value = (sdp, name) => new RegExp(`a=${name}:(\\S+)`).exec(sdp)[1];
  peer.restartIce();
  await peer.setLocalDescription(await peer.createOffer());
  await gathered();
  const sdp = peer.localDescription.sdp;
  const candidates = sdp.split('\r\n').filter((line) => line.startsWith('a=candidate'));
  const fragment = [`a=ice-ufrag:${value(sdp, 'ice-ufrag')}`, `a=ice-pwd:${value(sdp, 'ice-pwd')}`, 'm=video 9 UDP/TLS/RTP/SAVPF 0', 'a=mid:0', ...candidates, ''].join('\r\n');
  const session = new URL(reply.headers.get('Location'), url);
  const patch = await fetch(session, {method: 'PATCH', headers: {'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*'}, body: fragment});
  const answered = await patch.text();
  const ufragAfter = patch.ok ? value(answered, 'ice-ufrag') : '';
  if (patch.ok) {
    const renewed = answer.replace(/a=ice-ufrag:\S+/g, `a=ice-ufrag:${ufragAfter}`).replace(/a=ice-pwd:\S+/g, `a=ice-pwd:${value(answered, 'ice-pwd')}`)
      .replace(/a=candidate:.*\r\n/g, '').replace(/a=end-of-candidates\r\n/g, '') + answered.split('\r\n').filter((line) => line.startsWith('a=candidate')).map((line) => `${line}\r\n`).join('');
    await peer.setRemoteDescription({type: 'answer', sdp: renewed});
  }
  await wait(2000);
  gap = Math.max(gap, performance.now() - last);
  await fetch(session, {method: 'DELETE'});
  peer.close();
  return {patch: patch.status, ufragBefore: value(answer, 'ice-ufrag'), ufragAfter, dtlsRestarts, gap};
}

test('a webrtcbin viewer decodes beside the browser', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const script = fileURLToPath(new URL('lib/webrtcbin_viewer.py', import.meta.url));
  const [{gap}, viewer] = await Promise.all([
    watched(page, {seconds: 4}),
    lab.run('webrtcbin_viewer.py', '/usr/bin/python3', [script, `${lab.url}/whep/rover-7`, '60']),
  ]);
  assert.match(viewer.output, /decoded 60 pictures of 1280x720/);
  // The second decoder and its start share the machine with the browser: what is asked is that the browser goes on, not how smoothly.
  assert.ok(gap < 1000, `the browser's longest gap meanwhile: ${gap.toFixed(0)} ms`);
});

test('a changed network is answered with new ICE credentials in the same session, and the picture stays live', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const restarts = [];
  page.on('websocket', (socket) => socket.on('framesent', ({payload}) => String(payload).includes('"restart":true') && restarts.push(payload)));
  await page.evaluate(() => dispatchEvent(new Event('online')));
  const {gap} = await watched(page, {seconds: 3});
  assert.equal(restarts.length, 1);
  assert.ok(gap < 300, `longest time without a new picture: ${gap.toFixed(0)} ms`);
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), 1);
});

test('a page that is closed leaves no viewer behind', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await page.close();
  await until('the robot has no viewer', async () => (await lab.metric('bigfoot_sessions')) === 0);
  assert.equal((await lab.robots())[0].viewers, 0);
});
