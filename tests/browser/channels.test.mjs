// Data channels between our PeerConnection and the SCTP of the browsers, which share no code with ours: opened and closed by
// each side, every kind of message, as offerer and as answerer. Debian's Firefox has no H.264: it offers no camera.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {until} from '../lab.mjs';
import {openChromium} from './lib/chromium.mjs';
import {openFirefox} from './lib/firefox.mjs';

const BIN = process.env.BIGFOOT_BIN_DIR ?? fileURLToPath(new URL('../../build/bin', import.meta.url));

/** Our side: a program that sends back what it hears. */
class Peer {
  events = [];

  constructor(mode) {
    this.child = spawn(join(BIN, 'channel_peer'), [mode], {stdio: ['pipe', 'pipe', 'inherit']});
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    createInterface({input: this.child.stdout}).on('line', (line) => this.events.push(JSON.parse(line)));
  }

  say(line) {
    this.child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  told(what, test) {
    return until(what, () => {
      assert.deepEqual(this.events.filter(({event}) => event === 'fault' || event === 'failed'), []);
      return this.events.find(test);
    });
  }

  async stop() {
    this.child.stdin.end();
    assert.equal(await this.ended, 0);
  }
}

let chromium;
let page;
before(async () => {
  chromium = await openChromium();
});
after(() => chromium.close());

/** In the page: one connection, and every channel's messages and closes by label. */
function openPeer() {
  const pc = new RTCPeerConnection();
  const channels = {};
  const keep = (channel) => {
    channel.binaryType = 'arraybuffer';
    const kept = {channel, heard: [], open: channel.readyState === 'open', closed: false};
    channel.onopen = () => (kept.open = true);
    channel.onclose = () => (kept.closed = true);
    channel.onmessage = ({data}) => kept.heard.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
    channels[channel.label] = kept;
  };
  pc.ondatachannel = ({channel}) => keep(channel);
  Object.assign(window, {
    pc, channels,
    open: (label, options) => keep(pc.createDataChannel(label, options)),
  });
}

async function connected(mode) {
  page = await chromium.browser.newPage();
  await page.goto('about:blank');
  await page.evaluate(openPeer);
  const peer = new Peer(mode);
  await page.evaluate(() => window.open('page', {protocol: 'v1', ordered: false, maxPacketLifeTime: 500}));
  if (mode === 'offer') {
    const offer = await peer.told('its offer', ({type}) => type === 'offer');
    peer.say(await page.evaluate(async (description) => {
      await window.pc.setRemoteDescription(description);
      await window.pc.setLocalDescription();
      return window.pc.localDescription.toJSON();
    }, offer));
  } else {
    peer.say(await page.evaluate(async () => {
      window.pc.addTransceiver('video', {direction: 'recvonly'});
      await window.pc.setLocalDescription();
      return window.pc.localDescription.toJSON();
    }));
    const answer = await peer.told('its answer', ({type}) => type === 'answer');
    await page.evaluate((description) => window.pc.setRemoteDescription(description), answer);
  }
  await peer.told('the page\'s channel', ({event, label}) => event === 'open' && label === 'page');
  return peer;
}

const channel = (label, test, ...more) => until(`channel ${label}`, () => page.evaluate(
  ([name, text, rest]) => window.channels[name] && new Function('kept', 'more', `return ${text}`)(window.channels[name], rest), [label, test, more]));

for (const mode of ['offer', 'answer']) {
  test(`every message comes back: we ${mode}`, async () => {
    const peer = await connected(mode);
    const {protocol, ordered, maxRetransmits, maxPacketLifeTime} = peer.events.find(({label}) => label === 'page');
    assert.deepEqual([protocol, ordered, maxRetransmits, maxPacketLifeTime], ['v1', false, null, 500]);

    await page.evaluate(() => window.open('echo'));
    await channel('echo', 'kept.open');
    assert.equal(await page.evaluate(() => window.pc.sctp.maxMessageSize), 65536);
    await page.evaluate(() => {
      const {channel: echo} = window.channels.echo;
      for (const message of ['größe', '', new Uint8Array([0, 1, 255]), new Uint8Array(0), new Uint8Array(65536).fill(7)]) echo.send(message);
    });
    await channel('echo', 'kept.heard.length === 5');
    const heard = await page.evaluate(() => window.channels.echo.heard);
    assert.deepEqual(heard.slice(0, 4), ['größe', '', [0, 1, 255], []]);
    assert.ok(heard[4].length === 65536 && heard[4].every((byte) => byte === 7));

    peer.say({open: 'clock'});
    await channel('clock', 'kept.open');
    assert.deepEqual(await page.evaluate(() => {
      const {ordered: inOrder, maxRetransmits: times, id} = window.channels.clock.channel;
      return [inOrder, times, id % 2];
    }), [false, 0, 1]);
    await peer.told('the page knows it', ({event, label}) => event === 'open' && label === 'clock');
    peer.say({send: 'clock', text: 'ping'});
    await channel('clock', 'kept.heard[0] === "ping"');
    await peer.stop();
    await page.close();
  });
}

test('each side closes, and the number is free again', async () => {
  const peer = await connected('offer');
  for (let i = 0; i < 5; ++i) {
    await page.evaluate(() => window.open('theirs'));
    await channel('theirs', 'kept.open');
    await page.evaluate(() => window.channels.theirs.channel.close());
    await until('we hear of it', () => peer.events.filter(({event, label}) => event === 'closed' && label === 'theirs').length === i + 1);

    peer.say({open: 'ours'});
    await channel('ours', 'kept.open && !kept.closed');
    peer.say({close: 'ours'});
    await channel('ours', 'kept.closed');
  }
  const ids = (name) => new Set(peer.events.filter(({event, label}) => event === 'open' && label === name).map(({id}) => id));
  assert.ok(ids('ours').size <= 2, `of ours: ${[...ids('ours')]}`);
  await peer.stop();
  await page.close();
});

test('the end of ours closes the page\'s channels at once', async () => {
  const peer = await connected('offer');
  await channel('page', 'kept.open');
  await peer.stop();
  await channel('page', 'kept.closed');
  await page.close();
});

test('Firefox: every message comes back, and each side closes', async () => {
  const firefox = await openFirefox();
  try {
    await firefox.goto('about:blank');
    await firefox.evaluate(`(${openPeer})(); window.open('page', {ordered: false, maxRetransmits: 3})`);
    const shown = (what, script) => until(what, () => firefox.evaluate(`return ${script}`));
    const peer = new Peer('answer');
    peer.say(await firefox.evaluate('return window.pc.setLocalDescription().then(() => window.pc.localDescription.toJSON())'));
    const answer = await peer.told('its answer', ({type}) => type === 'answer');
    await firefox.evaluate(`return window.pc.setRemoteDescription(${JSON.stringify(answer)})`);
    const {ordered, maxRetransmits} = await peer.told('the page\'s channel', ({event, label}) => event === 'open' && label === 'page');
    assert.deepEqual([ordered, maxRetransmits], [false, 3]);
    await firefox.evaluate('for (const message of ["größe", new Uint8Array(60000).fill(7)]) window.channels.page.channel.send(message)');
    await shown('both', 'window.channels.page.heard.length === 2');
    assert.ok(await firefox.evaluate('const [a, b] = window.channels.page.heard; const [text, bytes] = typeof a === "string" ? [a, b] : [b, a]; return text === "größe" && bytes.length === 60000'));
    peer.say({open: 'clock'});
    await shown('our channel', 'window.channels.clock?.open');
    await peer.told('it knows ours', ({event, label}) => event === 'open' && label === 'clock');
    peer.say({send: 'clock', text: 'ping'});
    await shown('our message', 'window.channels.clock.heard[0] === "ping"');
    peer.say({close: 'clock'});
    await shown('our close', 'window.channels.clock.closed');
    await firefox.evaluate('window.channels.page.channel.close()');
    await peer.told('its close', ({event, label}) => event === 'closed' && label === 'page');
    await peer.stop();
  } finally {
    await firefox.close();
  }
});
