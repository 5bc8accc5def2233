// `./run bench latency`: capture to display in Chromium on this machine, judged by the stamp in the picture.
//
// Added = displayed − stamp − (encode + decode), all of the same run: what the system itself costs beyond the two things nobody
// can avoid; they are the floor of the table. Encode is the median, decode the mean: getStats has only its sum. Displayed is
// requestVideoFrameCallback's `now`, the tick of the display, but never before `presentationTime`: headless Chromium calls with a
// `now` of up to 12 ms before the picture was there.
//
// A 30 Hz camera and a 60 Hz display keep their phase for a whole run, so the wait for the tick (0 to 16.7 ms) is one draw of
// luck a run. What is judged is the time until the compositor has the picture (`presentationTime`), which has no luck in it; the
// time until the tick is shown beside it, run by run (docs/adr/0009).

import {openChromium} from '../tests/browser/lib/chromium.mjs';
import {Lab, quantile, until} from '../tests/lab.mjs';
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

async function run(index) {
  const lab = await Lab.open();
  const chromium = await openChromium();
  try {
    await lab.startServer();
    await lab.startRobot({more: ['--bitrate', options.bitrate, '--size', options.size, '--fps', options.fps, '--encoder', options.encoder]});
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
    const figures = {
      run: index, p50, p95, encode, decode, ready50: quantile(seen.presented, 0.5) - encode - decode,
      ready95: quantile(seen.presented, 0.95) - encode - decode, added50: p50 - encode - decode, added95: p95 - encode - decode, frames: seen.ages.length,
      shown: seen.frames / seen.span, decoder: after.decoder || undefined,
    };
    return figures;
  } finally {
    await chromium.close();
    await lab.close();
  }
}

const ms = (value) => `${value.toFixed(1).padStart(6)} ms`;
const heading = '   run        p50       p95     encode    decode  to compositor: p50, p95  to tick: p50, p95    shown   pictures';
const row = (f) => `${String(f.run).padStart(6)}  ${ms(f.p50)} ${ms(f.p95)}  ${ms(f.encode)} ${ms(f.decode)}  ${ms(f.ready50)} ${ms(f.ready95)}  ${ms(f.added50)} ${ms(f.added95)}   ${(f.shown * 100).toFixed(1)} %  ${f.frames.toFixed(0)}`;

say(`${options.runs} runs of ${options.seconds} s, each with a server, a robot and a Chromium of its own`);
say(heading);
const rows = [];
for (let index = 1; index <= Number(options.runs); index++) {
  rows.push(await run(index));
  say(row(rows.at(-1)));
}
const median = medians(rows);
const goals = judge([
  {name: 'added, capture → compositor, p50', value: median.ready50, limit: 6},
  {name: 'added, capture → compositor, p95', value: median.ready95, limit: 12},
]);
if (options.json) console.log(JSON.stringify({rows, median, goals}));
else {
  console.log(`\ncapture to display, ${options.size} at ${options.fps} fps, ${options.bitrate}, ${options.encoder}, Chromium, loopback; medians of ${rows.length} runs\n`);
  console.log(heading);
  console.log(row({...median, run: 'median'}));
  const decoder = median.decoder ? ` · decoder ${median.decoder}` : '';
  console.log(`\nfloor (encode + decode): ${(median.encode + median.decode).toFixed(1)} ms · added until the display's tick: ${median.added50.toFixed(1)} ms p50, ${median.added95.toFixed(1)} ms p95; runs from ${Math.min(...rows.map((r) => r.added50)).toFixed(1)} to ${Math.max(...rows.map((r) => r.added50)).toFixed(1)} ms p50, by the phase of a 60 Hz tick${decoder}`);
  printGoals(goals);
}
