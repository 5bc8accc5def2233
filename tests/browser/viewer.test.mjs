// One viewer's page in Chromium: the picture, its words, its buttons. The robot is a canvas in another tab.

import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';

import {until} from '../lab.mjs';
import {machine, now} from './lib/machine.mjs';
import {recorded, said} from './lib/record.mjs';
import {sharedStage} from './lib/shared_stage.mjs';
import {becomes, seen, untilKind} from './lib/stage.mjs';

const stage = sharedStage();

/** The video's own count of shown frames. */
const frames = (page) => page.evaluate(() => document.querySelector('.tile.chosen video').getVideoPlaybackQuality().totalVideoFrames);

test('a live picture: it moves, its delay is known by the robot’s clock, and the figures are filled', async () => {
  await stage.robot();
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  const first = await frames(page);
  await until('it moves', async () => (await frames(page)) > first + 5);
  const {tab} = await said(page, 'how old the picture is', ({pill}) => /^Live · \d+ ms$/.test(pill));
  assert.equal(tab, 'Live · rover-7');
  const figures = /Delay\s+\d+ ms\s+Frames\s+\d+ fps\s+Bit rate\s+[\d.]+ .bit\/s\s+Round trip\s+.*ms\s+Loss\s+0\.0 %\s+Picture\s+1280×720\s+Codec\s+H\.264/;
  await until('all figures', async () => figures.test(await page.locator('[data-part="figures"]').innerText()));
});

test('of a robot that answers no pings the delay is an estimate, and says so', async () => {
  await stage.robot({clock: null});
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  await said(page, 'about how old it is', ({pill}) => /^Live · ≈ \d+ ms$/.test(pill));
  assert.ok(!(await recorded(page)).rows.some(({pill}) => /^Live · \d/.test(pill)));
});

test('the robot is asked for its clock eight times in the first second, then once a second', async () => {
  const robot = await stage.robot();
  await untilKind(await stage.page('/r/rover-7'), 'live');
  const pings = () => robot.evaluate(() => window.robot.pings);
  await until('eleven pings', async () => (await pings()).length >= 11);
  const at = await pings();
  // A gap is short when the machine held the ping before it back.
  const gaps = at.slice(1).map((each, i) => each - at[i] + machine.lost(at[Math.max(i - 1, 0)], at[i]));
  assert.ok(at[7] - at[0] < 1000 + machine.lost(at[0], at[7]), `the eighth after ${at[7] - at[0]} ms`);
  assert.ok(gaps.slice(7).every((gap) => gap > 900), `then every ${gaps.slice(7)} ms`);
});

for (const [what, clock, words, colour] of [
  ['a delay that is good has no colour', {}, /^\d{1,2} ms$/, null],
  ['a delay that is felt is amber', {ahead_ms: 170}, /^(1[5-9]|2[0-4])\d ms$/, '--busy'],
  ['a delay that is dangerous is red', {ahead_ms: 1000}, /^1\d{3} ms$/, '--alarm'],
  ['a clock that is known badly is said with its error', {slow_ms: 60}, /^\d{1,2} ± [3-9]\d ms$/, null],
]) {
  test(what, async () => {
    await stage.robot({clock});
    const page = await stage.page('/r/rover-7');
    const figure = page.locator('[data-part="figures"] dd').first();
    // Words and colour of one moment.
    const read = (element, name) => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.background = name ? `var(${name})` : '';
      const alike = getComputedStyle(element).backgroundColor === getComputedStyle(probe).backgroundColor;
      probe.remove();
      return {text: element.innerText, alike};
    };
    await until(`the delay, on ${colour}`, async () => {
      const {text, alike} = await figure.evaluate(read, colour);
      return words.test(text) && alike;
    });
  });
}

test('what the page asks for: all cameras of the robot by name and data channels, saying which browser it is', async () => {
  await stage.robot();
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  const asked = stage.server.heard.findLast(({type}) => type === 'startSession');
  assert.equal(asked.peerId, 'rover-7');
  assert.deepEqual(asked.cameras, []);
  assert.equal(asked.channels, true);
  assert.match(asked.client, /Chrome\//);
});

test('the robot is told every two seconds how old the picture of each camera is', async () => {
  await stage.robot({cameras: ['front', 'rear']});
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  // Exact as soon as the robot has answered a ping.
  const exact = () => stage.server.heard.filter(({report}) => report && !report.estimated).map(({report}) => report);
  const from = now();
  const of = (name) => exact().filter(({camera}) => camera === name).length;
  await until('two reports of each camera', () => of('front') >= 2 && of('rear') >= 2);
  assert.ok(now() - from > 2000, 'not more often than that');
  for (const {camera, delayMs, errorMs} of exact()) {
    assert.match(camera, /^(front|rear)$/);
    assert.ok(errorMs > 0 && errorMs < 1000 + machine.lost(from, now()), `± ${errorMs} ms`);
    assert.ok(delayMs > 0 && delayMs < 1000 + machine.lost(from, now()), `${delayMs} ms`);
  }
});

test('frozen 300 ms after the last frame: dimmed, and it says for how long; live again with the next frame', async () => {
  const robot = await stage.robot();
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  await robot.evaluate(() => (window.robot.frozen = true));
  await said(page, 'that it is frozen for a second', ({title}) => /^FROZEN ([1-9]\.\d|\d+) s$/.test(title));
  const {rows, frames} = await recorded(page);
  const last = frames.at(-1).at;
  const dimmed = rows.find(({at, old}) => at > last && old).at;
  assert.ok(dimmed - last >= 290 && dimmed - last - machine.lost(last, dimmed) < 500, `dimmed ${dimmed - last} ms after the last frame`);
  const words = rows.find(({at, kind}) => at > last && kind === 'frozen');
  assert.match(words.title, /^FROZEN \d\.\d s$/);
  assert.ok(words.at - dimmed < 100 + machine.lost(dimmed, words.at), 'said as soon as it is dimmed');
  assert.match(await page.evaluate(() => getComputedStyle(document.querySelector('.tile.chosen video')).filter), /brightness\(0\.\d+\)/);
  await robot.evaluate(() => (window.robot.frozen = false));
  const live = await said(page, 'that it is live again', ({kind}) => kind === 'live', {since: last});
  const {at: next} = await until('that frame is noted', async () => (await recorded(page)).frames.find(({at}) => at > last));
  assert.ok(live.at - next < 200 + machine.lost(next, live.at), `live ${live.at - next} ms after the next frame`);
  assert.ok(!live.old);
});

test('several cameras: the one in the address is large, a click or a key changes it and the address', async () => {
  await stage.robot({cameras: ['front', 'rear', 'arm']});
  const page = await stage.page('/r/rover-7/rear');
  await untilKind(page, 'live');
  const large = () => page.locator('.tile.chosen .label').textContent();
  assert.equal(await large(), 'rear');
  assert.equal(await page.locator('.tile').count(), 3);
  await page.getByRole('button', {name: 'Show arm large'}).click();
  assert.equal(await large(), 'arm');
  assert.match(page.url(), /\/r\/rover-7\/arm$/);
  await page.keyboard.press('1');
  assert.equal(await large(), 'front');
  await page.reload();
  await untilKind(page, 'live');
  assert.equal(await large(), 'front');
  const sizes = await page.evaluate(() => [...document.querySelectorAll('.tile')].map((tile) => tile.clientWidth));
  assert.ok(Math.max(...sizes) > 4 * Math.min(...sizes), String(sizes));
});

test('the picture is as large as fits, at any size of window', async () => {
  await stage.robot();
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  for (const [width, height] of [[1920, 1080], [1280, 720], [640, 360], [360, 640]]) {
    await page.setViewportSize({width, height});
    await page.waitForFunction((wanted) => innerWidth === wanted, width); // the browser tells its page a moment later
    await becomes(async () => {
      const box = await page.locator('.tile.chosen video').boundingBox();
      return box.width >= width - 1 ? 'wide' : JSON.stringify(box);
    }, 'wide', `${width}x${height}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(overflow, 0, `${width}x${height} scrolls sideways`);
  }
});

test('keys: o hides the figures, s saves the picture under a telling name, f fills the screen', async () => {
  await stage.robot();
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  const figures = page.locator('[data-part="figures"]');
  await page.keyboard.press('o');
  await figures.waitFor({state: 'hidden'});
  assert.equal(await page.getByRole('button', {name: 'Figures'}).getAttribute('aria-pressed'), 'false');
  await page.keyboard.press('o');
  await figures.waitFor();

  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
  assert.match(download.suggestedFilename(), /^rover-7-front-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.png$/);
  const png = await readFile(await download.path());
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [1280, 720]);

  await page.keyboard.press('f');
  await page.waitForFunction(() => document.fullscreenElement?.classList.contains('viewer'));
  await page.keyboard.press('f');
  await page.waitForFunction(() => !document.fullscreenElement);
});

test('everything can be reached by the keyboard, has a name, and shows its focus', async () => {
  await stage.robot({cameras: ['front', 'rear']});
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  const names = [];
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Tab');
    names.push(await page.evaluate(() => document.activeElement.getAttribute('aria-label')));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, 'solid', names.at(-1));
  }
  assert.deepEqual(names, ['All robots', 'Layout: one large', 'Figures', 'Save this picture', 'Full screen', 'Show rear large']);
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.tile.chosen .label').textContent(), 'rear');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.tile.chosen .label').textContent(), 'front', 'the same key leads back');
});

test('changes of state are spoken, the running figures are not', async () => {
  const robot = await stage.robot();
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'live');
  await page.waitForTimeout(1000); // the figures run
  await robot.evaluate(() => (window.robot.frozen = true));
  await untilKind(page, 'frozen');
  assert.equal(await page.locator('#announcer').getAttribute('aria-live'), 'polite');
  const {rows} = await recorded(page);
  const from = rows.findIndex(({kind}) => kind === 'live');
  assert.ok(rows.filter(({pill}) => pill.startsWith('Live')).length > 1, 'the figures ran');
  const words = {live: 'Live', frozen: 'The picture is frozen'};
  for (const {kind, spoken} of rows.slice(from)) if (kind in words) assert.equal(spoken, words[kind]);
});

test('the screen is kept awake while the picture is live, and only then', async () => {
  const robot = await stage.robot();
  const page = await stage.page('/r/rover-7', {
    before: () => {
      window.locks = 0;
      const request = async () => {
        window.locks++;
        return {release: async () => void window.locks--};
      };
      Object.defineProperty(navigator, 'wakeLock', {value: {request}});
    },
  });
  await untilKind(page, 'live');
  await page.waitForFunction(() => window.locks === 1);
  await robot.evaluate(() => (window.robot.frozen = true));
  await page.waitForFunction(() => window.locks === 0);
});

test('a browser that wants a tap first says so, and plays after it', async () => {
  await stage.robot();
  const page = await stage.page('/r/rover-7', {
    before: () => {
      const play = HTMLMediaElement.prototype.play;
      let tapped = false;
      addEventListener('click', () => (tapped = true), true);
      HTMLMediaElement.prototype.play = function () {
        return tapped ? play.call(this) : Promise.reject(new DOMException('tap first', 'NotAllowedError'));
      };
      Object.defineProperty(HTMLMediaElement.prototype, 'autoplay', {set() {}});
    },
  });
  await untilKind(page, 'blocked');
  assert.equal((await seen(page)).title, 'Tap to start');
  await page.getByRole('button', {name: 'Start the picture'}).click();
  await untilKind(page, 'live');
});

test('a browser without H.264 is told so at once, and asks the robot for nothing', async () => {
  await stage.robot();
  stage.server.heard = [];
  const page = await stage.page('/r/rover-7', {
    before: () => (RTCRtpReceiver.getCapabilities = () => ({codecs: [{mimeType: 'video/VP8', clockRate: 90000}], headerExtensions: []})),
  });
  const {title} = await said(page, 'anything', ({kind}) => kind !== undefined);
  assert.match(title, /cannot show H\.264/);
  await until('it has made itself known to the server', () => stage.server.heard.some(({type}) => type === 'list'));
  await page.waitForTimeout(500);
  assert.ok(!stage.server.heard.some(({type}) => type === 'startSession'));
});

test('a robot that nobody knows, and one that is offline: told apart, and both appear by themselves', async () => {
  const page = await stage.page('/r/rover-99');
  await untilKind(page, 'unknown');
  assert.equal((await seen(page)).title, 'No robot is called rover-99');
  await stage.robot({name: 'rover-99'});
  await untilKind(page, 'live');

  stage.server.list('rover-8', {online: false, since: new Date(new Date().setHours(0, 0, 1)).toISOString()});
  const other = await stage.page('/r/rover-8');
  await other.locator('[data-part="title"]', {hasText: 'rover-8 is offline since 00:00'}).waitFor();
  await stage.robot({name: 'rover-8'});
  await untilKind(other, 'live');
});

test('too many viewers: said in words, and the page gets in by itself', async () => {
  await stage.robot();
  stage.server.refuse = {code: 'too-many-sessions', details: 'too many viewers'};
  const page = await stage.page('/r/rover-7');
  await untilKind(page, 'refused');
  assert.match((await seen(page)).title, /too many viewers/);
  stage.server.refuse = null;
  await untilKind(page, 'live');
});

test('20 visits leave no session behind', async () => {
  const robot = await stage.robot();
  const page = await stage.page('/');
  for (let i = 0; i < 20; i++) {
    await page.getByRole('link', {name: /rover-7/}).click();
    if (i % 4 === 0) await untilKind(page, 'live');
    else await page.locator('.viewer').waitFor();
    await page.getByRole('link', {name: 'All robots'}).click();
    await page.locator('.fleet').waitFor();
  }
  await robot.waitForFunction(() => window.robot.sessions.size === 0);
  const page2 = await stage.page('/r/rover-7');
  await untilKind(page2, 'live');
  await page2.close();
  await robot.waitForFunction(() => window.robot.sessions.size === 0);
});
