// Several cameras on one page in Chromium: how they stand, which of them the robot is asked for, and that what is paused
// looks neither live nor frozen. The robot is a canvas in another tab.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {until} from '../lab.mjs';
import {machine, now, within} from './lib/machine.mjs';
import {said} from './lib/record.mjs';
import {sharedStage} from './lib/shared_stage.mjs';
import {becomes, untilKind} from './lib/stage.mjs';

const stage = sharedStage();
const CAMERAS = ['front', 'rear', 'arm'];

/** A page on three live cameras; `robot`: its tab. */
async function open(options = {}) {
  const robot = await stage.robot({cameras: CAMERAS});
  const page = await stage.page('/r/rover-7', options);
  await untilKind(page, 'live');
  return {robot, page, from: now()};
}

/** A path may be renewed after a second in which nothing ran: who could not listen cannot tell that from silence. */
const undisturbed = (from) => machine.lost(from, now()) < 1000;
const noneIsOld = (page) => becomes(() => page.locator('.tile.old').count(), 0);

const layoutOf = (page) => page.locator('.viewer').getAttribute('data-layout');
const watched = (robot) => robot.evaluate(() => window.robot.watched);
/** What each tile says of itself: "front", "rear paused". */
const tiles = (page) => page.locator('.tile').evaluateAll((all) => all.map((tile) => tile.innerText.split('\n').map((word) => word.trim()).filter(Boolean).join(' ')));
const chosen = (page) => page.locator('.tile.chosen .label').textContent();
const told = () => stage.server.heard.filter(({watch}) => watch).map(({watch}) => watch);

test('the button and the key go through the layouts, which are spoken and kept for the next visit', async () => {
  const {page} = await open();
  await page.evaluate(() => {
    window.spoken = [];
    const announcer = document.getElementById('announcer');
    new MutationObserver(() => window.spoken.push(announcer.textContent)).observe(announcer, {childList: true, characterData: true, subtree: true});
  });
  const button = page.getByRole('button', {name: /^Layout:/});
  assert.equal(await layoutOf(page), 'large');
  await button.click();
  assert.equal(await layoutOf(page), 'grid');
  assert.equal(await button.getAttribute('aria-label'), 'Layout: side by side');
  assert.ok((await page.evaluate(() => window.spoken)).includes('Side by side'));
  await page.keyboard.press('l');
  assert.equal(await layoutOf(page), 'alone');
  await page.reload();
  await untilKind(page, 'live');
  assert.equal(await layoutOf(page), 'alone');
  await page.keyboard.press('l');
  assert.equal(await layoutOf(page), 'large');
});

test('a browser that keeps nothing shows all layouts all the same', async () => {
  const {page} = await open({before: () => Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})});
  await page.keyboard.press('l');
  assert.equal(await layoutOf(page), 'grid');
});

test('one camera has no layouts', async () => {
  await stage.robot();
  const page = await stage.page('/r/rover-7', {before: `localStorage.setItem('bigfoot.layout', 'grid')`});
  await untilKind(page, 'live');
  assert.equal(await page.getByRole('button', {name: /^Layout:/}).count(), 0);
  assert.equal(await layoutOf(page), 'large');
  await page.keyboard.press('l');
  assert.equal(await layoutOf(page), 'large');
});

/** In the page. */
const isTidyGrid = ({width, height}) => {
  const boxes = [...document.querySelectorAll('.tile')].map((tile) => tile.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  const equal = boxes.every((box) => Math.abs(box.width - boxes[0].width) < 1 && Math.abs(box.width / box.height - 16 / 9) < 0.02);
  const inside = boxes.every(({left, top, right, bottom}) => left >= 0 && top >= 0 && right <= width && bottom <= height);
  const large = boxes[0].width * boxes[0].height * boxes.length > 0.25 * width * height;
  return equal && inside && large && boxes.every((box, at) => boxes.slice(at + 1).every((other) => apart(box, other)));
};

test('side by side: all live, equal, inside the window and clear of each other; a click makes one large', async () => {
  const {page} = await open();
  await page.keyboard.press('l');
  for (const [width, height] of [[1920, 1080], [1280, 720], [640, 360], [360, 640]]) {
    await page.setViewportSize({width, height});
    await page.waitForFunction(isTidyGrid, {width, height}).catch(async () => {
      assert.fail(`${width}x${height}: ${await page.locator('.tile').evaluateAll((all) => JSON.stringify(all.map((tile) => tile.getBoundingClientRect())))}`);
    });
  }
  await noneIsOld(page);
  await page.setViewportSize({width: 1280, height: 720});
  await page.getByRole('button', {name: 'Show arm large'}).click();
  assert.deepEqual([await layoutOf(page), await chosen(page)], ['large', 'arm']);
  assert.match(page.url(), /\/r\/rover-7\/arm$/);
});

test('one alone: the robot is asked for that camera only, the others say paused, and a click or key swaps them at once', async () => {
  const {robot, page, from} = await open();
  assert.deepEqual(told(), [], 'who looks at everything need not say so');
  await page.keyboard.press('l');
  await page.keyboard.press('l');
  await until('the robot knows', async () => (await watched(robot))?.join() === 'front');
  await becomes(() => tiles(page), ['', 'rear paused', 'arm paused']);
  assert.equal(await page.locator('.tile:not(.chosen) video').first().isVisible(), false);
  await page.getByRole('button', {name: 'Show rear large'}).click();
  await untilKind(page, 'live');
  assert.deepEqual([await layoutOf(page), await chosen(page)], ['alone', 'rear']);
  await becomes(() => watched(robot), ['rear']);
  await page.keyboard.press('3');
  await untilKind(page, 'live');
  await becomes(() => watched(robot), ['arm']);
  await page.keyboard.press('l');
  await noneIsOld(page);
  await becomes(() => watched(robot), CAMERAS);
  assert.equal(await robot.evaluate(() => window.robot.sessions.size), 1);
  assert.equal(stage.server.heard.filter(({type}) => type === 'startSession').length, 1, 'in one session');
  if (undisturbed(from)) assert.equal(await robot.evaluate(() => window.robot.restarts), 0);
});

test('a picture that is on its way back is dimmed and called paused, never live and never frozen', async () => {
  const {robot, page, from: begun} = await open();
  await page.keyboard.press('l');
  await page.keyboard.press('l');
  await until('only one is watched', async () => (await watched(robot))?.length === 1);
  await page.evaluate(() => {
    window.states = [];
    const viewer = document.querySelector('.viewer');
    const look = () => window.states.push({
      kind: viewer.dataset.kind, pill: viewer.querySelector('[data-part="pill"]').textContent, tab: document.title,
      dimmed: viewer.querySelector('.tile.chosen').classList.contains('old'),
    });
    new MutationObserver(look).observe(viewer, {attributes: true, attributeFilter: ['data-kind']});
  });
  await robot.evaluate(() => (window.robot.deaf = true));
  await page.keyboard.press('2');
  await page.locator('[data-part="title"]', {hasText: 'Waiting for the first picture'}).waitFor(); // it took too long to call it paused
  await robot.evaluate(() => window.robot.hear());
  await untilKind(page, 'live');
  const states = await page.evaluate(() => window.states); // a busy machine may have frozen it for a moment before or after
  const from = states.findIndex(({kind}) => kind === 'paused');
  const way = states.slice(from, 1 + states.findIndex(({kind}, at) => at > from && kind === 'live'));
  assert.deepEqual(way[0], {kind: 'paused', pill: 'Paused', tab: 'Paused · rover-7', dimmed: true});
  const kinds = way.map(({kind}) => kind);
  // The path may be lost on a machine that stood still, and then the page says that, too.
  assert.deepEqual(undisturbed(begun) ? kinds : [kinds[0], 'connecting', kinds.at(-1)], ['paused', 'connecting', 'live']);
  for (const {kind, dimmed} of way.slice(0, -1)) assert.ok(kind !== 'frozen' && dimmed, kind);
});

/** As a browser does that hides the tab: nobody can see it, and it is told. */
const hide = (page, hidden) => page.evaluate((value) => {
  Object.defineProperty(document, 'hidden', {configurable: true, value});
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

test('a page that stays hidden pauses everything and keeps its session; shown again it is live again', async () => {
  const {robot, page, from} = await open();
  await hide(page, true);
  await page.waitForTimeout(3000);
  assert.deepEqual(told(), [], 'not for a glance at another tab');
  await until('everything is paused', async () => (await watched(robot))?.length === 0);
  await said(page, 'that it is paused', ({tab}) => tab.startsWith('Paused'), {since: from});
  await page.waitForTimeout(12000); // longer than a frozen picture is borne with
  assert.equal(await robot.evaluate(() => window.robot.sessions.size), 1);
  assert.equal(stage.server.heard.filter(({type}) => type === 'startSession').length, 1);
  if (undisturbed(from)) assert.equal(await robot.evaluate(() => window.robot.restarts), 0, 'silence that was asked for is no lost path');
  await within(3000, 'live again', async () => {
    await hide(page, false);
    await untilKind(page, 'live');
  });
  await becomes(() => watched(robot), CAMERAS);
  await noneIsOld(page);
});

test('the server goes while all is paused: said in words, and back with it', async () => {
  const {robot, page} = await open();
  await page.keyboard.press('l');
  await page.keyboard.press('l');
  await until('only one is watched', async () => (await watched(robot))?.length === 1);
  await stage.server.stop();
  await page.locator('[data-part="hint"]').waitFor();
  await page.keyboard.press('2');
  await said(page, 'when it comes back', ({title, advice}) => title === 'Paused' && /as soon as the server does/.test(advice));
  await stage.server.start();
  await untilKind(page, 'live');
  await becomes(() => watched(robot), ['rear']);
  assert.equal(await robot.evaluate(() => window.robot.sessions.size), 1);
});

test('what is watched is said again after a resume and to a new session', async () => {
  const {robot, page} = await open({before: `localStorage.setItem('bigfoot.layout', 'alone')`});
  await until('it is said at the start', () => told().length === 1);
  stage.server.dropViewers();
  await until('and after a resume', () => told().length === 2);
  assert.deepEqual(told(), [['front'], ['front']]);
  await robot.close();
  await untilKind(page, 'offline');
  const next = await stage.robot({cameras: CAMERAS});
  await untilKind(page, 'live');
  await until('and to the next robot', async () => (await watched(next))?.join() === 'front');
});

test('a server that knows nothing of it, and a robot of GStreamer: every camera goes on, whatever is shown', async () => {
  const features = stage.server.features;
  stage.server.features = features.filter((feature) => feature !== 'watch');
  const {page} = await open({before: `localStorage.setItem('bigfoot.layout', 'alone')`});
  stage.server.features = features;
  await page.keyboard.press('2');
  await untilKind(page, 'live');
  assert.deepEqual(told(), []);
  await page.close();
  const other = await stage.page('/r/rover-7', {before: `localStorage.setItem('bigfoot.layout', 'large')`});
  await untilKind(other, 'live');
  const {sessionId} = stage.server.heard.findLast(({type}) => type === 'peer');
  stage.server.tellViewers({type: 'error', code: 'unsupported', details: 'GStreamer only', sessionId});
  // What comes after it is seen: it has been read.
  stage.server.tellViewers({type: 'list', producers: [{id: 'p', meta: {name: 'rover-7', cameras: ['front', 'rear', 'grip'].map((name) => ({name}))}}]});
  await other.locator('.tile .label', {hasText: 'grip'}).waitFor({state: 'attached'});
  await other.keyboard.press('l');
  await other.keyboard.press('l');
  await other.keyboard.press('2');
  await untilKind(other, 'live');
  assert.deepEqual(told(), []);
});

test('one camera that dies is frozen alone: the others stay live, and the session is not given up for it', async () => {
  const {robot, page} = await open();
  await page.keyboard.press('l');
  await robot.evaluate(() => {
    window.robot.cameras[0].next = () => {};
  });
  // Asked for a key frame, a browser sends its last picture again: for a moment that one is new.
  const firstIsFrozen = () => until('its tile says so', async () => /FROZEN/.test((await tiles(page))[0]));
  await firstIsFrozen();
  assert.equal(await page.locator('[data-part="notice"]').isVisible(), false, 'the words would cover the others');
  await page.waitForTimeout(12000); // longer than a frozen picture is borne with
  await becomes(async () => (await tiles(page)).slice(1), ['rear', 'arm']);
  await firstIsFrozen();
  assert.equal(stage.server.heard.filter(({type}) => type === 'startSession').length, 1);
});
