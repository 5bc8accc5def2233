// How old the picture is, as the page says and reports it: judged by the stamp that the real robot draws into its test picture.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {until} from '../lab.mjs';
import {answered, play} from './lib/play.mjs';
import {untilKind} from './lib/stage.mjs';

const SECONDS = 20;
/** What the two may be apart: the word, of 95 in 100. */
const APART_MS_MAX = 3;

test('the delay that is shown and reported is the one that the stamp shows', async (t) => {
  const {lab, page} = await play(t);
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  const {told, stamped} = await answered(page, compare, {seconds: SECONDS}, SECONDS * 1000 + 60000);
  const compared = told.filter(({delay}) => delay).map(({at, delay}) => ({...delay, stamp_ms: median(stamped.filter((each) => at - each.at <= 1000 && each.at <= at))}))
    .filter(({stamp_ms}) => stamp_ms !== undefined);
  assert.ok(compared.length >= SECONDS, `${compared.length} delays in ${SECONDS} s`);
  assert.deepEqual(compared.filter(({estimated}) => estimated), [], 'none is an estimate');
  const apart = compared.map(({ms, stamp_ms}) => Math.abs(ms - stamp_ms)).sort((a, b) => a - b);
  const p95 = apart[Math.floor(apart.length * 0.95)];
  t.diagnostic(`apart by ${apart[apart.length >> 1].toFixed(2)} ms p50, ${p95.toFixed(2)} ms p95, of ${apart.length}`);
  assert.ok(p95 <= APART_MS_MAX, `${p95.toFixed(2)} ms p95: ${apart.map((ms) => ms.toFixed(1))}`);
  // Of a loopback path; half a busy machine's round trip is in it.
  const wrong = compared.filter(({ms, stamp_ms, error_ms}) => Math.abs(ms - stamp_ms) > error_ms);
  assert.ok(wrong.length <= compared.length * 0.05, `${wrong.length} of ${compared.length} are wrong by more than they say`);
});

/** @param {{ms: number}[]} values @returns {number | undefined} */
function median(values) {
  return values.map(({ms}) => ms).sort((a, b) => a - b)[values.length >> 1];
}

/**
 * In the page: `told` is every delay that it adds to its next report, `stamped` how old each picture was by its stamp when it was
 * shown, by the page's own rule for that moment.
 */
async function compare({seconds}) {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const {DelayReports} = await import('/js/report.js');
  const told = [];
  const {add} = DelayReports.prototype;
  DelayReports.prototype.add = function added(camera, delay) {
    told.push({at: performance.now(), delay});
    add.call(this, camera, delay);
  };
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  const stamped = [];
  const onFrame = (now, {presentationTime}) => {
    const stamp = readStamp(context, video);
    if (stamp) stamped.push({at: now, ms: performance.timeOrigin + Math.max(now, presentationTime) - stamp.drawnUs / 1000});
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  DelayReports.prototype.add = add;
  return {told, stamped};
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
