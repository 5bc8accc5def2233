// `./run bench join`: how long a viewer waits. Chromium by WHEP: request → DTLS up, → first displayed frame; the camera warm and
// cold. The native client over signaling, a new process each time: its start → first picture, with all that it must load, try and
// connect in between.
//
// The floor of the table is the same offer answered by nobody: making an offer and one HTTP request to the server.

import {openChromium} from '../tests/browser/lib/chromium.mjs';
import {Lab, quantile, until} from '../tests/lab.mjs';
import {judge, medians, printGoals, readFlags, say} from './report.mjs';

const options = readFlags('join', {joins: '20', runs: '3'});

/** In the page: one WHEP viewer; the times in ms since the request. */
async function join({url}) {
  const peer = new RTCPeerConnection();
  peer.addTransceiver('video', {direction: 'recvonly'});
  const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true, playsInline: true, width: 640});
  document.body.append(video);
  peer.ontrack = ({receiver, track}) => {
    receiver.jitterBufferTarget = 0;
    video.srcObject = new MediaStream([track]);
  };
  const offer = await peer.createOffer();
  await peer.setLocalDescription(offer);
  const started = performance.now();
  const connected = new Promise((resolve) => {
    peer.onconnectionstatechange = () => peer.connectionState === 'connected' && resolve(performance.now() - started);
  });
  const shown = new Promise((resolve) => video.requestVideoFrameCallback((now) => resolve(now - started)));
  const reply = await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  if (reply.status !== 201) throw new Error(`WHEP answered ${reply.status}: ${await reply.text()}`);
  const answered = performance.now() - started;
  await peer.setRemoteDescription({type: 'answer', sdp: await reply.text()});
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`no picture; connection is ${peer.connectionState}`)), 10000));
  const times = {answered, connected: await Promise.race([connected, late]), shown: await Promise.race([shown, late])};
  const session = new URL(reply.headers.get('Location'), url);
  await fetch(session, {method: 'DELETE'});
  peer.close();
  video.remove();
  return times;
}

/** The floor: an unknown robot is refused at once. */
async function refused({url}) {
  const peer = new RTCPeerConnection();
  peer.addTransceiver('video', {direction: 'recvonly'});
  await peer.setLocalDescription(await peer.createOffer());
  const started = performance.now();
  await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  const took = performance.now() - started;
  peer.close();
  return took;
}

/** One native client, from its start. */
async function joinNative(lab) {
  const viewer = lab.startViewer();
  const told = await until('the native client tells of its first picture', () => {
    if (!viewer.running) throw new Error(`bigfoot view ended:\n${viewer.output}`);
    return viewer.seconds.find(({first_picture_ms}) => first_picture_ms !== null);
  });
  await lab.stopViewer();
  return told.first_picture_ms;
}

/** The robot makes at most ten key frames a second: who joins right after another waits for his turn. At any phase of a camera of 30 Hz. */
const apart = (index) => new Promise((resolve) => setTimeout(resolve, 150 + ((index * 7) % 33)));

async function run() {
  const lab = await Lab.open();
  const chromium = await openChromium();
  try {
    await lab.startServer();
    await lab.startRobot();
    const page = await chromium.browser.newPage();
    await page.goto(`${lab.url}/version`);
    const url = `${lab.url}/whep/rover-7`;
    const cold = await page.evaluate(join, {url});
    const warm = [];
    for (let i = 0; i < Number(options.joins); i++) {
      await apart(i);
      warm.push(await page.evaluate(join, {url}));
    }
    const floor = [];
    for (let i = 0; i < 10; i++) floor.push(await page.evaluate(refused, {url: `${lab.url}/whep/nobody`}));
    const native = [];
    for (let i = 0; i < Number(options.joins); i++) native.push(await joinNative(lab));
    const of = (key, q) => quantile(warm.map((times) => times[key]), q);
    return {
      answered50: of('answered', 0.5), connected50: of('connected', 0.5), connected95: of('connected', 0.95), shown50: of('shown', 0.5), shown95: of('shown', 0.95),
      native50: quantile(native, 0.5), native95: quantile(native, 0.95), coldConnected: cold.connected, coldShown: cold.shown, floor: quantile(floor, 0.5),
    };
  } finally {
    await chromium.close();
    await lab.close();
  }
}

const ms = (value) => `${value.toFixed(0)} ms`;

const rows = [];
for (let index = 1; index <= Number(options.runs); index++) {
  say(`run ${index} of ${options.runs}: server, robot and Chromium start, one cold join, then ${options.joins}`);
  const row = await run();
  rows.push(row);
  say(`  DTLS up ${ms(row.connected50)} p50 · first picture ${ms(row.shown50)} p50, ${ms(row.shown95)} p95 · cold ${ms(row.coldShown)} · native client ${ms(row.native50)} p50, ${ms(row.native95)} p95`);
}
const median = medians(rows);
const goals = judge([
  {name: 'request → DTLS up, warm, p50', value: median.connected50, limit: 35},
  {name: 'request → first picture, warm, p50', value: median.shown50, limit: 250},
  {name: 'request → first picture, warm, p95', value: median.shown95, limit: 400},
  {name: 'native client: start → first picture, p50', value: median.native50, limit: 200},
]);
if (options.json) console.log(JSON.stringify({rows, median, goals}));
else {
  const line = (name, p50, p95) => console.log(`${name.padEnd(38)} ${ms(p50).padStart(8)} ${(p95 === undefined ? '' : ms(p95)).padStart(8)}`);
  console.log(`joining by WHEP, Chromium, and by the native client; loopback; medians of ${rows.length} runs of ${options.joins} joins\n`);
  console.log(`${''.padEnd(38)}      p50      p95`);
  line('floor: offer refused by the server', median.floor);
  line('request → answer', median.answered50);
  line('request → DTLS up', median.connected50, median.connected95);
  line('request → first picture, warm', median.shown50, median.shown95);
  line('request → DTLS up, cold', median.coldConnected);
  line('request → first picture, cold', median.coldShown); // the first of a new robot and browser
  line('native client: start → first picture', median.native50, median.native95);
  printGoals(goals);
}
