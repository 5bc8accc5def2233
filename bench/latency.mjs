// `./run bench latency`: capture to display on this machine, in the native client and in Chromium, judged by the stamp in the
// picture; and beside them encode and decode alone (codec_floor): three programs in turn in each run.
//
// Added = displayed − stamp − (encode + decode), all of the same program: what the system itself costs beyond the two things
// nobody can avoid. Of Chromium encode is the median, decode the mean: getStats has only its sum. Displayed is
// requestVideoFrameCallback's `now`, the tick of the display, but never before `presentationTime`: headless Chromium calls with a
// `now` of up to 12 ms before the picture was there. The native client shows on no display here: displayed is when the decoded
// picture is handed to it.
//
// A 30 Hz camera and a 60 Hz display keep their phase for a whole run, so the wait for the tick (0 to 16.7 ms) is one draw of
// luck a run. What is judged is the time until the compositor has the picture (`presentationTime`), which has no luck in it; the
// time until the tick is shown beside it, run by run (docs/adr/0009).

import {join} from 'node:path';

import {openChromium} from '../tests/browser/lib/chromium.mjs';
import {Lab, quantile, until} from '../tests/lab.mjs';
import {figure, shownShare, STAGES, watchNative} from './native.mjs';
import {judge, medians, printGoals, readFlags, say} from './report.mjs';

const options = readFlags('latency', {runs: '9', seconds: '6', bitrate: '2.5M', size: '1280x720', fps: '30', encoder: 'x264enc'});

/** In the page: how old each newly shown picture is, in ms, for `seconds`; and what getStats says of the decoder. */
async function watch({seconds}) {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  const ages = [];
  const presented = [];
  const frames = new Set();
  const end = performance.now() + seconds * 1000;
  await new Promise((resolve) => {
    const onFrame = (now, {presentationTime}) => {
      const stamp = readStamp(context, video);
      if (stamp) {
        const drawn = stamp.drawnUs / 1000 - performance.timeOrigin;
        ages.push(Math.max(now, presentationTime) - drawn);
        presented.push(presentationTime - drawn);
        frames.add(stamp.frame);
      }
      if (now < end) video.requestVideoFrameCallback(onFrame);
      else resolve();
    };
    video.requestVideoFrameCallback(onFrame);
  });
  return {ages, presented, frames: frames.size, span: Math.max(...frames) - Math.min(...frames) + 1};
}

/** Counts every decoder's work through getStats, from the page's own peer connections. */
function keepPeerConnections() {
  const all = (window.benchPeers = []);
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...words) {
      super(...words);
      all.push(this);
    }
  };
}

async function decodeTime(page) {
  return page.evaluate(async () => {
    let time = 0;
    let frames = 0;
    let decoder = '';
    for (const peer of window.benchPeers) {
      if (peer.connectionState !== 'connected') continue;
      for (const report of (await peer.getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue;
        time += report.totalDecodeTime ?? 0;
        frames += report.framesDecoded ?? 0;
        decoder = report.decoderImplementation ?? decoder;
      }
    }
    return {time, frames, decoder};
  });
}

const encoded = ['--bitrate', options.bitrate, '--size', options.size, '--fps', options.fps, '--encoder', options.encoder];

/** The mean time of a stage in the robot, in ms; of all it sent so far. */
async function robotStage(lab, stage) {
  const [sum, count] = [await lab.metric('bigfoot_stage_seconds_sum', {stage}), await lab.metric('bigfoot_stage_seconds_count', {stage})];
  return (sum / count) * 1000;
}

async function runNative(lab) {
  const {pictures} = await watchNative(lab, {seconds: Number(options.seconds)});
  const encode = (await lab.metric('bigfoot_encode_median_seconds')) * 1000;
  const decode = figure(pictures, 'decode', 0.5);
  const [p50, p95] = [figure(pictures, 'stamped', 0.5), figure(pictures, 'stamped', 0.95)];
  const apart = pictures.filter(({delay_ms, stamped_ms}) => delay_ms !== undefined && stamped_ms !== undefined).map(({delay_ms, stamped_ms}) => Math.abs(delay_ms - stamped_ms));
  const figures = {
    p50, p95, encode, decode, added50: p50 - encode - decode, added95: p95 - encode - decode, apart95: quantile(apart, 0.95),
    shown: shownShare(pictures), frames: pictures.length,
  };
  [figures.captureWait, figures.send] = [await robotStage(lab, 'capture_wait'), await robotStage(lab, 'send')];
  for (const stage of STAGES) [figures[`${stage}50`], figures[`${stage}95`]] = [figure(pictures, stage, 0.5), figure(pictures, stage, 0.95)];
  return figures;
}

async function runChromium(lab) {
  const chromium = await openChromium();
  try {
    const page = await chromium.browser.newPage();
    await page.addInitScript(keepPeerConnections);
    await page.goto(`${lab.url}/r/rover-7`);
    await until('a live picture', () => page.evaluate(() => (document.querySelector('video')?.videoWidth ?? 0) > 0));
    await page.evaluate(watch, {seconds: 2}); // rate control, caches, clocks: settle
    const before = await decodeTime(page);
    const seen = await page.evaluate(watch, {seconds: Number(options.seconds)});
    const after = await decodeTime(page);
    const encode = (await lab.metric('bigfoot_encode_median_seconds')) * 1000;
    const decode = ((after.time - before.time) / (after.frames - before.frames)) * 1000;
    const [p50, p95] = [quantile(seen.ages, 0.5), quantile(seen.ages, 0.95)];
    return {
      p50, p95, encode, decode, ready50: quantile(seen.presented, 0.5) - encode - decode,
      ready95: quantile(seen.presented, 0.95) - encode - decode, added50: p50 - encode - decode, added95: p95 - encode - decode, frames: seen.ages.length,
      shown: seen.frames / seen.span, decoder: after.decoder || undefined,
    };
  } finally {
    await chromium.close();
  }
}

/** Encode and decode in one pipeline of one process; nobody watches the robot meanwhile, so that it sleeps. */
async function runFloor(lab) {
  const {code, output} = await lab.run('codec_floor', join(lab.bin, 'codec_floor'), [...encoded, '--seconds', options.seconds]);
  if (code !== 0) throw new Error(output);
  const {encode, decode, all, pictures, codecs} = JSON.parse(output);
  return {p50: all.p50_ms, p95: all.p95_ms, encode: encode.p50_ms, decode: decode.p50_ms, added50: all.p50_ms - encode.p50_ms - decode.p50_ms, added95: all.p95_ms - encode.p50_ms - decode.p50_ms, frames: pictures, shown: 1, codecs};
}

/** The three in turn, so that what changes on the machine meets them all. */
async function run() {
  const lab = await Lab.open();
  try {
    await lab.startServer();
    await lab.startRobot({more: encoded});
    return {native: await runNative(lab), chromium: await runChromium(lab), floor: await runFloor(lab)};
  } finally {
    await lab.close();
  }
}

const ms = (value) => (value === undefined ? '' : `${value.toFixed(1)} ms`).padStart(9);
const heading = '                 p50       p95    encode    decode  added: p50, p95     until the tick: p50, p95   shown  pictures';
/** Of Chromium what is added is until its compositor has the picture. */
function row(name, f) {
  const tick = f.ready50 === undefined ? ''.padStart(18) : `${ms(f.added50)}${ms(f.added95)}`;
  return `${name.padEnd(10)} ${ms(f.p50)} ${ms(f.p95)} ${ms(f.encode)} ${ms(f.decode)} ${ms(f.ready50 ?? f.added50)}${ms(f.ready95 ?? f.added95)}         ${tick}  ${(f.shown * 100).toFixed(1).padStart(5)} % ${f.frames.toFixed(0).padStart(7)}`;
}

function printStages(f) {
  const line = (name, p50, p95, where) => console.log(`  ${name.padEnd(46)} ${ms(p50)} ${p95 === undefined ? ''.padStart(9) : ms(p95)}  ${where}`);
  console.log(`\nstages of a picture, native${' '.repeat(23)}p50       p95`);
  line('capture wait (mean)', f.captureWait, undefined, 'capture → encoder');
  line('encode', f.encode, undefined, 'encoder → access unit');
  line('packetise, pacer (mean)', f.send, undefined, 'access unit → first packet in the kernel');
  line('network', Math.max(0, f.arrival50 - f.captureWait - f.encode - f.send), undefined, 'the rest of capture → first packet');
  line('reassembly', f.reassembly50, f.reassembly95, 'first packet → last');
  line('wait', f.wait50, f.wait95, 'last packet → decoder');
  line('decode', f.decode50, f.decode95, 'decoder → picture');
  line('display', f.display50, f.display95, 'picture → handed to the display');
}

say(`${options.runs} runs of ${options.seconds} s each, with a server and a robot of its own: native client, Chromium, floor`);
say(heading);
const rows = [];
for (let index = 1; index <= Number(options.runs); index++) {
  rows.push(await run());
  for (const [name, figures] of Object.entries(rows.at(-1))) say(row(`${index} ${name}`, figures));
}
const median = Object.fromEntries(['native', 'chromium', 'floor'].map((name) => [name, medians(rows.map((each) => each[name]))]));
const {native, chromium, floor} = median;
const goals = judge([
  {name: 'native: added, capture → shown, p50', value: native.added50, limit: 1.5},
  {name: 'native: added, capture → shown, p95', value: native.added95, limit: 3},
  {name: 'native: reported and stamped delay apart, p95', value: native.apart95, limit: 3},
  {name: 'Chromium: added, capture → compositor, p50', value: chromium.ready50, limit: 6},
  {name: 'Chromium: added, capture → compositor, p95', value: chromium.ready95, limit: 12},
]);
if (options.json) console.log(JSON.stringify({rows, median, goals}));
else {
  console.log(`\ncapture to display, ${options.size} at ${options.fps} fps, ${options.bitrate}, loopback; medians of ${rows.length} runs; floor: ${floor.codecs}\n`);
  console.log(heading);
  for (const [name, figures] of Object.entries(median)) console.log(row(name, figures));
  printStages(native);
  const ticks = rows.map((each) => each.chromium.added50);
  console.log(`\nChromium until the display's tick: runs from ${Math.min(...ticks).toFixed(1)} to ${Math.max(...ticks).toFixed(1)} ms p50 added, by the phase of a 60 Hz tick · decoder ${chromium.decoder ?? 'not said'}`);
  printGoals(goals);
}
