// How old the picture is, as the page says and reports it: judged by the stamp that the real robot draws into its test picture.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {quantile, until} from '../lab.mjs';
import {answered, play} from './lib/play.mjs';
import {untilKind} from './lib/stage.mjs';

const SECONDS = 10;
/** Of RTP's clock, at 30 pictures a second. */
const FRAME_TICKS = 3000;
/** What 95 in 100 of the two may be apart. */
const APART_MS_MAX = 3;

test('the delay that is shown and reported is the one that the stamp shows', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const {pictures, told} = await answered(page, compare, {seconds: SECONDS, ticks: FRAME_TICKS}, SECONDS * 1000 + 60000);
  const judged = pictures.filter(({phase}) => Math.abs(phase - quantile(pictures.map((each) => each.phase), 0.5)) < FRAME_TICKS / 2);
  const apart = judged.map(({ms, stamp_ms}) => Math.abs(ms - stamp_ms));
  const p95 = quantile(apart, 0.95);
  t.diagnostic(`apart by ${quantile(apart, 0.5).toFixed(2)} ms p50, ${p95.toFixed(2)} ms p95, of ${apart.length} pictures`);
  assert.ok(judged.length >= 5 * SECONDS, `${judged.length} pictures of ${pictures.length} in ${SECONDS} s`);
  assert.ok(p95 <= APART_MS_MAX, `${p95.toFixed(2)} ms p95`);
  const wrong = judged.filter(({ms, stamp_ms, error_ms}) => Math.abs(ms - stamp_ms) > error_ms);
  assert.ok(wrong.length <= judged.length * 0.05, `${wrong.length} of ${judged.length} are wrong by more than they say`);

  const known = told.filter(({delay}) => delay);
  assert.ok(known.length >= SECONDS, `${known.length} delays for the reports of ${SECONDS} s`);
  assert.deepEqual(known.filter(({delay}) => delay.estimated), [], 'none is an estimate');
  const medians = known.map(({at, delay}) => ({ms: delay.ms, of: judged.filter((each) => each.at <= at && at - each.at <= 1000).map(({stamp_ms}) => stamp_ms)}))
    .filter(({of}) => of.length > 0).map(({ms, of}) => Math.abs(ms - quantile(of, 0.5)));
  assert.ok(quantile(medians, 0.5) <= APART_MS_MAX, `what is reported is apart by ${medians.map((ms) => ms.toFixed(1))} ms`);
});

/**
 * In the page: `pictures` are those shown, each as old as the page has it and as its stamp has it; `told` every delay that the page
 * adds to its next report. A stamp that is read late is the next picture's: then the `phase` of its number to the RTP time is another.
 */
async function compare({seconds, ticks}) {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const {clockedDelay, Recent} = await import('/js/latency.js');
  const {DelayReports} = await import('/js/report.js');
  const {RobotClock} = await import('/js/robot_clock.js');
  const [told, seen] = [[], new Map()];
  let clock;
  const spy = (type, name, look) => {
    const original = type.prototype[name];
    type.prototype[name] = function spied(...given) {
      look(this, ...given);
      return original.apply(this, given);
    };
  };
  spy(DelayReports, 'add', (_, camera, delay) => told.push({at: performance.now(), delay}));
  spy(Recent, 'add', (_, at, capture_ms) => seen.set(at, capture_ms)); // the last of those of a picture
  spy(RobotClock, 'estimate', (it) => (clock = it));
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  const stamped = [];
  const onFrame = (now, {presentationTime, rtpTimestamp}) => {
    const stamp = readStamp(context, video);
    const stamp_ms = stamp && performance.timeOrigin + Math.max(now, presentationTime) - stamp.drawnUs / 1000;
    if (stamp && clock) stamped.push({at: now, stamp_ms, phase: (stamp.frame * ticks - rtpTimestamp) | 0, estimate: RobotClock.prototype.estimate.call(clock, now)});
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const pictures = stamped.filter(({at, estimate}) => estimate && seen.has(at)).map(({estimate, ...each}) => ({...each, ...clockedDelay({captured_ms: 0, shown_ms: seen.get(each.at)}, estimate)}));
  return {told, pictures};
}

test('server and robot count the delays that a page reports, and how wrong its clock may be', async (t) => {
  const {lab, page} = await play(t);
  const of = {robot: 'rover-7', camera: 'front'};
  const counted = (port, name, more = {}) => lab.metric(name, {...of, ...more}, port);
  await page.goto(`${lab.url}/r/rover-7`);
  for (const port of [lab.adminPort, lab.metricsPort]) {
    await until('two delays', async () => (await counted(port, 'bigfoot_glass_latency_seconds_count', {estimated: 'false'})) >= 2);
    const errors = await counted(port, 'bigfoot_clock_error_seconds_count');
    assert.ok(errors >= 2, `${errors} errors`);
    const mean_ms = (1000 * (await counted(port, 'bigfoot_clock_error_seconds_sum'))) / errors;
    assert.ok(mean_ms > 0 && mean_ms < 1000, `${mean_ms} ms`);
    for (const stage of ['network', 'reassembly', 'wait', 'decode', 'display'])
      await until(`two times of ${stage}`, async () => (await counted(port, 'bigfoot_viewer_stage_seconds_count', {stage})) >= 2);
    assert.ok((await counted(port, 'bigfoot_viewer_stage_seconds_sum', {stage: 'decode'})) > 0);
  }
});

test('a player whose own offer has data channels may ask for the clock, ten times a second and twenty at once, and has no other channel', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/version`);
  const {pongs, seconds, other} = await answered(page, flood, {url: `${lab.url}/whep/rover-7`}, 60000);
  assert.equal(other, 'closed', 'what the robot does not know');
  assert.ok(pongs.length >= 20, `${pongs.length} answers to a thousand pings`);
  assert.ok(pongs.length <= 20 + 10 * seconds + 1, `${pongs.length} answers in ${seconds} s`);
  assert.equal(new Set(pongs).size, pongs.length, 'each to another ping');
});

/** In the page: a WHEP viewer that asks a thousand times in two seconds, and opens a channel that nobody knows. */
async function flood({url}) {
  const peer = new RTCPeerConnection();
  peer.addTransceiver('video', {direction: 'recvonly'});
  const clock = peer.createDataChannel('clock', {ordered: false, maxRetransmits: 0});
  const other = peer.createDataChannel('drive');
  clock.binaryType = 'arraybuffer';
  const pongs = [];
  clock.onmessage = ({data}) => pongs.push(new DataView(data).getUint32(1));
  await peer.setLocalDescription(await peer.createOffer());
  await new Promise((resolve) => (peer.iceGatheringState === 'complete' ? resolve() : peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve())));
  const reply = await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  await peer.setRemoteDescription({type: 'answer', sdp: await reply.text()});
  await new Promise((resolve) => (clock.readyState === 'open' ? resolve() : clock.addEventListener('open', resolve)));
  if (other.readyState !== 'closed') await new Promise((resolve) => other.addEventListener('close', resolve));
  const begun = performance.now();
  for (let id = 1; id <= 1000; id++) {
    clock.send(new Uint8Array([1, 0, 0, id >> 8, id & 255]));
    if (id % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const seconds = (performance.now() - begun) / 1000;
  await fetch(new URL(reply.headers.get('Location'), url), {method: 'DELETE'});
  peer.close();
  return {pongs, seconds, other: other.readyState};
}
