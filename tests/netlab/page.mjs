// A viewer for the labs, to be run inside a namespace: headless Chromium with the robot's page or, as a player would, with
// WHEP alone. Lines of JSON on stdout tell what its operator sees; `mark` on stdin asks for the longest time without a new
// picture since the last mark, less what the machine took of it, `pair` for the candidates in use, `quit` ends it.
//
//   page.mjs page http://SERVER/r/ROBOT
//   page.mjs whep http://SERVER/whep/ROBOT

import {once} from 'node:events';
import {createInterface} from 'node:readline';

import {openChromium} from '../browser/lib/chromium.mjs';
import {machine} from '../browser/lib/machine.mjs';

const [mode, url] = process.argv.slice(2);
const lines = createInterface({input: process.stdin});
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const chromium = await openChromium();
try {
  const page = await chromium.browser.newPage();
  page.on('pageerror', (error) => tell({event: 'fault', text: String(error.stack)}));
  await page.exposeFunction('tell', tell);
  if (mode === 'whep') {
    await page.goto(new URL('/version', url).href);
    await page.evaluate(playByWhep, url);
  } else {
    page.on('websocket', listen);
    await page.addInitScript(tellWords);
    await page.goto(url);
    await page.locator('.viewer[data-kind="live"]').waitFor();
  }
  await page.evaluate(countPictures);
  tell({event: 'ready'});
  // 'mark', and with WHEP 'pair': what the function of that name in the page says.
  const answers = {mark: ({gaps, pictures}) => ({gap_ms: longest(gaps), pictures}), pair: (said) => said};
  lines.on('line', (line) => {
    if (line !== 'quit') page.evaluate((name) => window[name](), line).then((said) => tell({event: line, ...answers[line](said)}), () => {});
    if (line === 'quit') lines.close();
  });
  await once(lines, 'close');
} finally {
  await chromium.close();
  process.stdin.destroy(); // an open pipe would keep node alive
}

/** The longest of the gaps, each without the time in which the machine let nobody make or show a picture. */
function longest(gaps) {
  return Math.max(...gaps.map(([from, to]) => to - from - machine.lost(from, to)));
}

/** @param {import('playwright-core').WebSocket} socket */
function listen(socket) {
  const said = (event) => ({payload}) => {
    const {type, sdp, restart} = JSON.parse(String(payload));
    tell({event, type: sdp?.type ?? (restart ? 'restart' : type)});
  };
  socket.on('framesent', said('sent'));
  socket.on('framereceived', said('received'));
}

/** In the page, before anything else runs there: every change of what it says. */
function tellWords() {
  let last = '';
  const look = () => {
    const viewer = document.querySelector('.viewer');
    const title = viewer?.querySelector('[data-part="title"]');
    if (!title) return;
    const words = {kind: viewer.dataset.kind, title: title.textContent.replace(/[\d.]+ s$/, '')};
    if (JSON.stringify(words) !== last) window.tell({event: 'words', ...words});
    last = JSON.stringify(words);
  };
  new MutationObserver(look).observe(document, {attributes: true, subtree: true, childList: true, characterData: true});
}

/** In the page: pictures are told apart by their stamps. */
async function countPictures() {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  let [frame, last, pictures] = [-1, performance.now(), 0];
  let gaps = [];
  /** [from, to], by a clock that holds outside of the page. */
  const gap = (now) => gaps.push([performance.timeOrigin + last, performance.timeOrigin + now]);
  const shown = (now) => {
    const stamp = readStamp(context, video);
    if (stamp && stamp.frame !== frame) {
      frame = stamp.frame;
      pictures++;
      gap(now);
      last = now;
    }
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);
  window.mark = () => {
    gap(Math.max(last, performance.now()));
    const seen = {gaps, pictures};
    [gaps, pictures] = [[], 0];
    return seen;
  };
}

/** In the page: WHEP as RFC 9725 has it, with the servers that its OPTIONS reply names. */
async function playByWhep(url) {
  const options = await fetch(url, {method: 'OPTIONS'});
  const iceServers = (options.headers.get('Link') ?? '').split(/,\s*(?=<)/).filter((link) => link.includes('ice-server')).map((link) => {
    const field = (name) => new RegExp(`${name}="([^"]*)"`).exec(link)?.[1];
    return {urls: /<([^>]*)>/.exec(link)[1], username: field('username'), credential: field('credential')};
  });
  const peer = new RTCPeerConnection({iceServers});
  peer.addTransceiver('video', {direction: 'recvonly'});
  const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true});
  document.body.append(video);
  peer.ontrack = ({track}) => {
    video.srcObject = new MediaStream([track]);
  };
  peer.onconnectionstatechange = () => window.tell({event: 'state', state: peer.connectionState});
  await peer.setLocalDescription(await peer.createOffer());
  if (peer.iceGatheringState !== 'complete')
    await new Promise((resolve) => peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve()));
  const {sdp} = peer.localDescription;
  window.tell({event: 'offer', candidates: sdp.match(/a=candidate:.*/g) ?? [], servers: iceServers.map(({urls}) => urls)});
  const reply = await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: sdp});
  if (reply.status !== 201) throw new Error(`WHEP answered ${reply.status}: ${await reply.text()}`);
  const answer = await reply.text();
  window.tell({event: 'answer', candidates: answer.match(/a=candidate:.*/g) ?? []});
  await peer.setRemoteDescription({type: 'answer', sdp: answer});
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  window.pair = async () => {
    const stats = await peer.getStats();
    const {selectedCandidatePairId} = [...stats.values()].find(({type}) => type === 'transport');
    const {localCandidateId, remoteCandidateId} = stats.get(selectedCandidatePairId);
    const [local, remote] = [stats.get(localCandidateId), stats.get(remoteCandidateId)];
    return {local: local.candidateType, remote: remote.candidateType, remoteAddress: `${remote.address}:${remote.port}`};
  };
}
