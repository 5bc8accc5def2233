// The real programs and the real page in Chromium: what an operator sees.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {until} from '../lab.mjs';
import {machine, now, within} from './lib/machine.mjs';
import {answered, longestGap, play, shows, watched} from './lib/play.mjs';
import {recorded, said} from './lib/record.mjs';
import {becomes, untilKind} from './lib/stage.mjs';

test('the picture moves, its stamp reads, twenty seconds pass without a freeze', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const {frames, unread, gap, possible} = await watched(page, {seconds: 20});
  assert.ok(frames.length > possible * 0.8, `${frames.length} pictures in 20 s, of ${possible.toFixed(0)}`);
  assert.equal(unread, 0, 'every picture shown has a whole stamp');
  const back = frames.findIndex((frame, i) => i > 0 && frame <= frames[i - 1]);
  assert.equal(back, -1, `time runs forward: ${frames.slice(Math.max(0, back - 3), back + 3)}\n${lab.robot.output.slice(-1500)}`);
  assert.ok(gap < 300, `longest time without a new picture: ${gap.toFixed(0)} ms`);
  await said(page, 'how old the picture is', ({pill}) => /^Live · \d+ ms$/.test(pill));
});

test('the robot counts how old its pictures are when the operator sees them', async (t) => {
  const {lab, page} = await play(t);
  const only = {robot: 'rover-7', camera: 'front', estimated: 'false'};
  const counted = () => lab.metric('bigfoot_glass_latency_seconds_count', only);
  assert.equal(await counted(), 0, 'nobody has seen anything yet');
  const reports = [];
  page.on('websocket', (socket) => socket.on('framesent', ({payload}) => {
    const {report} = JSON.parse(String(payload));
    if (report && !report.estimated && report.errorMs <= 20) reports.push(report.delayMs);
  }));
  await page.goto(`${lab.url}/r/rover-7`);
  await until('four reports of the page', async () => (await counted()) >= 4);
  await page.goto('about:blank');
  await becomes(counted, reports.length, 'every report counts');
  for (const {bound, value} of await buckets(lab, 'bigfoot_glass_latency_seconds', only)) {
    // A report on the bound itself may fall on either side.
    const [sure, may] = [0.01, -0.01].map((margin) => reports.filter((ms) => ms + margin <= bound).length);
    assert.ok(value >= sure && value <= may, `${value} of ${reports} within ${bound} ms`);
  }
});

test('what the robot is told of the delay is what the page says of it', async (t) => {
  const {lab, page} = await play(t);
  const reports = [];
  page.on('websocket', (socket) => socket.on('framesent', ({payload}) => {
    const {report} = JSON.parse(String(payload));
    if (report && !report.estimated) reports.push(report.delayMs);
  }));
  await page.goto(`${lab.url}/r/rover-7`);
  await until('five reports', () => reports.length >= 5);
  const shown = (await recorded(page)).rows.map(({pill}) => /^Live · (\d+) ms$/.exec(pill)).filter(Boolean).map(([, ms]) => Number(ms));
  const [least, most] = [Math.min(...shown) - 1, Math.max(...shown) + 1];
  const half = reports.sort((a, b) => a - b)[reports.length >> 1]; // one of a picture that was frozen before its delay was shown is none
  assert.ok(half >= least && half <= most, `${reports} ms told, ${shown} ms shown`);
});

/** A Prometheus histogram of seconds, its bounds in milliseconds. */
async function buckets(lab, name, only) {
  const rows = (await lab.samples()).get(`${name}_bucket`).filter(({labels}) => Object.entries(only).every(([key, value]) => labels[key] === value));
  return rows.map(({labels, value}) => ({bound: 1000 * Number(labels.le.replace('+Inf', 'Infinity')), value}));
}

test('the page comes back by itself when the robot restarts', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await lab.robot.stop();
  await said(page, 'since when it is away', ({kind, title}) => kind === 'offline' && /offline since \d\d:\d\d/.test(title));
  await lab.startRobot();
  await untilKind(page, 'live');
  await shows(page, 30);
});

test('a robot that is killed is noticed, and its successor is shown', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await within(2000, 'the page says that the picture is old', async () => {
    const killed = now();
    await lab.robot.stop('SIGKILL');
    await said(page, 'that the picture is old', ({kind}) => kind !== 'live', {since: killed});
  });
  await lab.startRobot();
  await untilKind(page, 'live');
  await shows(page, 30);
});

test('a robot that stood still for a moment goes on with the camera and encoder that it had', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const stopped = now();
  lab.robot.child.kill('SIGSTOP');
  await said(page, 'that the picture is old', ({kind}) => kind !== 'live', {since: stopped});
  await page.waitForTimeout(2000);
  const goesOn = now();
  lab.robot.child.kill('SIGCONT');
  await said(page, 'that it is live again', ({kind}) => kind === 'live', {since: goesOn});
  await shows(page, 60);
  assert.doesNotMatch(lab.robot.output, /camera\.fault|encoder\.(passed_over|broke)/);
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
  const {frames, gap, possible} = await watched(page, {seconds: 3});
  assert.ok(frames.length > possible * 0.66 && gap < 300, `pictures without a server: ${frames.length} of ${possible.toFixed(0)}, longest gap ${gap.toFixed(0)} ms`);
  await lab.startServer();
  await until('the robot is back at its server', async () => (await lab.robots()).some((robot) => robot.online));
  // The server says it to both as soon as both are back, each after its own backoff.
  await until('the session is resumed', () => resumed > 0);
  await becomes(() => lab.metric('bigfoot_sessions', {}, lab.adminPort), 1, 'the server has the session again');
  await shows(page, 30);
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), started, 'the same session, not a new one');
});

test('restartIce() over WHEP keeps the session and the picture', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/version`);
  const seenByViewer = await answered(page, whepRestart, {url: `${lab.url}/whep/rover-7`}, 60000);
  assert.equal(seenByViewer.patch, 200);
  assert.notEqual(seenByViewer.ufragAfter, seenByViewer.ufragBefore, 'the robot answered with new credentials');
  assert.equal(seenByViewer.dtlsRestarts, 0);
  const gap = longestGap(seenByViewer.times);
  assert.ok(gap < 500, `longest time without a new picture: ${gap.toFixed(0)} ms`);
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
  const times = [performance.now()];
  let dtlsRestarts = 0;
  const onFrame = (now) => {
    if (now > times.at(-1)) times.push(now);
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  const transport = peer.getReceivers()[0].transport;
  // On a busy machine the first picture is painted before the page is told of `connecting` and `connected`: no restart.
  let connected = transport.state === 'connected';
  transport.addEventListener('statechange', () => {
    if (transport.state === 'connected') connected = true;
    else if (connected) dtlsRestarts++;
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
  times.push(Math.max(times.at(-1), performance.now()));
  const restarted = dtlsRestarts;  // the robot's goodbye closes the transport, maybe before the answer to DELETE is here
  await fetch(session, {method: 'DELETE'});
  peer.close();
  return {patch: patch.status, ufragBefore: value(answer, 'ice-ufrag'), ufragAfter, dtlsRestarts: restarted, times: times.map((at) => performance.timeOrigin + at)};
}

test('a webrtcbin viewer decodes beside the browser', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const script = fileURLToPath(new URL('../interop/webrtcbin_viewer.py', import.meta.url));
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
  const from = now();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  const {gap} = await watched(page, {seconds: 3});
  await until('it is asked for them', () => restarts.length > 0);
  // Who could not listen for a second cannot tell that from a path that is lost.
  if (machine.lost(from, now()) < 1000) assert.equal(restarts.length, 1);
  assert.ok(gap < 300, `longest time without a new picture: ${gap.toFixed(0)} ms`);
  assert.equal(await lab.metric('bigfoot_sessions_started_total'), 1);
});

test('a page that is closed leaves no viewer behind', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await page.close();
  await until('the robot has no viewer', async () => (await lab.metric('bigfoot_sessions')) === 0);
  await becomes(async () => (await lab.robots())[0]?.viewers, 0);
});
