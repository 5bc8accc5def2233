// `./run bench rtx-copies`: what Chromium makes of packets that are sent a second time before it asks (docs/adr/0007).
//
// A case is a sender of its own (rtx_copies) and a page of its own. Its floor is the case without loss and without
// copies of the same run. The machine's load shifts the times, so the counts and the distance to the floor are what counts.

import {spawn} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {openChromium} from '../../tests/browser/lib/chromium.mjs';
import {freePort, quantile, until} from '../../tests/lab.mjs';

const {values: options} = parseArgs({
  options: {
    runs: {type: 'string', default: '3'}, seconds: {type: 'string', default: '10'}, bitrate: {type: 'string', default: '2.5M'},
    size: {type: 'string', default: '640x360'}, // small: as many packets, and the machine has time for them
    only: {type: 'string'}, json: {type: 'boolean', default: false},
  },
});

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SENDER = join(process.env.BIGFOOT_BIN_DIR ?? join(ROOT, 'build', 'bin'), 'rtx_copies');
const ORIGIN = 'http://localhost'; // answered by the test itself: a page that may import the stamp's decoder
const SETTLE_MS = 2000;

const REPAIRS = [
  {copies: 'none', nacks: 'on'}, {copies: 'immediate', nacks: 'on'}, {copies: 'immediate', nacks: 'off'}, {copies: 'next-frame', nacks: 'off'},
];
const FRAME_END = {copies: 'frame-end', nacks: 'on'};
/** `way`: ms that the viewer's feedback takes longer; `copyLoss`: of copies and asked-for repeats. */
const CASES = [
  ...[0, 0.02, 0.05].flatMap((loss) => REPAIRS.map((repair) => ({loss, copyLoss: loss, way: 0, ...repair}))),
  ...REPAIRS.filter(({nacks}) => nacks === 'off').map((repair) => ({loss: 0.02, copyLoss: 0, way: 0, ...repair})),
  {loss: 0.02, copyLoss: 0.02, way: 0, ...FRAME_END},
  ...[...REPAIRS, FRAME_END].map((repair) => ({loss: 0.02, copyLoss: 0.02, way: 100, ...repair})),
];
const nameOf = ({loss, copyLoss, copies, nacks, way}) => `${loss * 100}/${copyLoss * 100} ${copies} ${nacks} ${way}`;

/** In the page: one viewer without trickle; `post` (the test's) carries the offer. */
async function view() {
  const peer = (window.benchPeer = new RTCPeerConnection());
  peer.addTransceiver('video', {direction: 'recvonly'});
  const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true, playsInline: true, width: 640});
  document.body.append(video);
  const track = new Promise((resolve) => (peer.ontrack = (event) => resolve(event.track)));
  await peer.setLocalDescription(await peer.createOffer());
  await new Promise((resolve) => {
    const done = () => peer.iceGatheringState === 'complete' && resolve();
    peer.onicegatheringstatechange = done;
    done();
    setTimeout(resolve, 1000);
  });
  await peer.setRemoteDescription({type: 'answer', sdp: await window.post(peer.localDescription.sdp)});
  video.srcObject = new MediaStream([await track]);
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
}

/**
 * In the page: for `ms`, how old each new picture is when it is handed to the compositor, and what the receiver counted
 * meanwhile. (The callback's `now` is the beginning of the compositor's frame: it lies up to 16 ms before or behind.)
 */
async function watch({ms}) {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  const report = async () => [...(await window.benchPeer.getStats()).values()].find(({type}) => type === 'inbound-rtp');
  const before = await report();
  const shown = new Map();
  const end = performance.now() + ms;
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, ms + 1000);
    const onFrame = (now, {presentationTime}) => {
      const stamp = readStamp(context, video);
      if (stamp && !shown.has(stamp.frame)) shown.set(stamp.frame, performance.timeOrigin + presentationTime - stamp.drawnUs / 1000);
      if (now < end) return void video.requestVideoFrameCallback(onFrame);
      clearTimeout(timer);
      resolve();
    };
    video.requestVideoFrameCallback(onFrame);
  });
  const after = await report();
  const gained = {};
  for (const [key, value] of Object.entries(after)) if (typeof value === 'number') gained[key] = value - (before[key] ?? 0);
  const numbers = [...shown.keys()];
  return {gained, jitter: after.jitter, ages: [...shown.values()], span: Math.max(...numbers) - Math.min(...numbers) + 1};
}

async function openPage(browser, port) {
  const context = await browser.newPage();
  await context.route(`${ORIGIN}/**`, async (route) => {
    const {pathname} = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({contentType: 'text/html', body: '<!doctype html><title>rtx copies</title><body></body>'});
    return route.fulfill({contentType: 'text/javascript', body: await readFile(join(ROOT, 'web', pathname), 'utf8')});
  });
  await context.exposeFunction('post', async (offer) => {
    const reply = await fetch(`http://127.0.0.1:${port}/whep`, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: offer});
    if (reply.status !== 201) throw new Error(`the sender answered ${reply.status}: ${await reply.text()}`);
    return reply.text();
  });
  await context.goto(`${ORIGIN}/`);
  return context;
}

const numbersOf = (stats) => Object.fromEntries(Object.entries(stats).filter(([, value]) => typeof value === 'number'));
const difference = (after, before) => Object.fromEntries(Object.entries(numbersOf(after)).map(([key, value]) => [key, value - (before[key] ?? 0)]));

async function measure(browser, {loss, copyLoss, copies, nacks, way}, seed) {
  const port = await freePort();
  const seconds = Number(options.seconds);
  const sender = spawn(SENDER, [
    '--port', port, '--bitrate', options.bitrate, '--size', options.size, '--copies', copies, '--loss', loss, '--copy-loss', copyLoss, '--answer-nacks', nacks,
    '--feedback-delay', way, '--seed', seed, '--seconds', Math.min(600, seconds + 60),
  ], {stdio: ['ignore', 'ignore', 'inherit']});
  let page;
  try {
    const stats = () => fetch(`http://127.0.0.1:${port}/stats`).then((reply) => reply.json(), () => ({}));
    await until('the camera gives pictures', async () => (await stats()).running);
    page = await openPage(browser, port);
    await page.evaluate(view);
    await sleep(SETTLE_MS);
    const before = await stats();
    const seen = await page.evaluate(watch, {ms: seconds * 1000});
    const after = await stats();
    return figures(seen, difference(after, before), after);
  } finally {
    if (page) await page.close();
    const ended = new Promise((resolve) => sender.once('exit', resolve));
    if (sender.exitCode === null) {
      sender.kill();
      await ended;
    }
  }
}

function figures({gained, jitter, ages, span}, sent, senderNow) {
  const again = sent.copy_bytes + sent.repeat_bytes;
  return {
    media: sent.media, lost: sent.media_lost, copies: sent.copies, repeats: sent.repeats, asked: sent.asked, extra: again / sent.media_bytes,
    trains: sent.gso_batches, reportedLoss: senderNow.reported_loss,
    packetsReceived: gained.packetsReceived, packetsLost: gained.packetsLost, retransmitted: gained.retransmittedPacketsReceived ?? 0,
    retransmittedBytes: gained.retransmittedBytesReceived ?? 0, discarded: gained.packetsDiscarded ?? 0, nacks: gained.nackCount, plis: gained.pliCount,
    keyframes: gained.keyFramesDecoded, received: gained.framesReceived, decoded: gained.framesDecoded, dropped: gained.framesDropped,
    freezes: gained.freezeCount, frozen: gained.totalFreezesDuration * 1000,
    buffered: (gained.jitterBufferDelay / gained.jitterBufferEmittedCount) * 1000, jitter: jitter * 1000,
    shown: ages.length / span, p50: quantile(ages, 0.5), p95: quantile(ages, 0.95), p99: quantile(ages, 0.99), pictures: ages.length,
  };
}

const COLUMNS = [
  ['lost', 'lost'], ['copies', 'copies'], ['repeats', 'repeats'], ['pktsRecv', 'packetsReceived'], ['pktsLost', 'packetsLost'], ['rtxRecv', 'retransmitted'],
  ['rtxKB', 'retransmittedBytes', (value) => (value / 1000).toFixed(0)], ['discard', 'discarded'], ['nacks', 'nacks'], ['plis', 'plis'], ['decoded', 'decoded'],
  ['dropped', 'dropped'], ['freezes', 'freezes'], ['frozen', 'frozen', (value) => `${value.toFixed(0)} ms`], ['buffer', 'buffered', (value) => `${value.toFixed(1)} ms`],
  ['jitter', 'jitter', (value) => `${value.toFixed(1)} ms`], ['shown', 'shown', (value) => `${(value * 100).toFixed(0)} %`],
  ...['p50', 'p95', 'p99'].map((key) => [key, key, (value) => `${value.toFixed(0)} ms`]), ['rate', 'extra', (value) => `+${(value * 100).toFixed(0)} %`],
];
const cell = (text) => String(text).padStart(9);
const percent = (ratio) => `${ratio * 100} %`;
const lead = (test) => `${percent(test.loss).padStart(4)} ${percent(test.copyLoss).padStart(6)}  ${test.copies.padEnd(10)}  ${test.nacks.padEnd(4)} ${`${test.way} ms`.padStart(6)}`;
const line = (test, row) => lead(test) + COLUMNS.map(([, key, show]) => cell((show ?? Math.round)(row[key]))).join('');

const cases = CASES.filter((test) => !options.only || nameOf(test).includes(options.only));
const results = cases.map((test) => ({test, rows: []}));
for (let run = 1; run <= Number(options.runs); run++) {
  const chromium = await openChromium();
  try {
    for (const result of results) {
      result.rows.push(await measure(chromium.browser, result.test, run));
      if (options.json) continue;
      process.stderr.write(`run ${run}  ${line(result.test, result.rows.at(-1))}\n`);
    }
  } finally {
    await chromium.close();
  }
}
const median = (rows) => Object.fromEntries(Object.keys(rows[0]).map((key) => [key, quantile(rows.map((each) => each[key]), 0.5)]));
for (const result of results) result.median = median(result.rows);
if (options.json) console.log(JSON.stringify(results));
else {
  console.log(`\nChromium, ${options.size} at 30 fps, ${options.bitrate}, ${options.seconds} s a case, medians of ${options.runs} runs\n`);
  console.log(`loss copies'  copies      NACK way back${COLUMNS.map(([title]) => cell(title)).join('')}`);
  for (const {test, median: middle} of results) console.log(line(test, middle));
}
