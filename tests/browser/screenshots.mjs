// Renders every state of the pages, light and dark, to tests/out/screens/NAME-THEME.png, from the fake server and robot:
// to be looked at. `./run screenshot states [NAME…]`

import {mkdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

import {Stage, untilKind} from './lib/stage.mjs';

const OUT = fileURLToPath(new URL('../out/screens/', import.meta.url));
const DESK = {width: 1280, height: 720};
const WALL = {width: 1920, height: 1080};
const PHONE = {width: 360, height: 640};
const PHONE_FLAT = {width: 640, height: 360};

const hoursAgo = (hours) => new Date(Date.now() - hours * 3600000).toISOString();
const noH264 = () => {
  RTCRtpReceiver.getCapabilities = () => ({codecs: [{mimeType: 'video/VP8', clockRate: 90000}], headerExtensions: []});
  Object.defineProperty(navigator, 'userAgent', {get: () => 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'});
};
const wantsTap = () => {
  HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('tap first', 'NotAllowedError'));
  Object.defineProperty(HTMLMediaElement.prototype, 'autoplay', {set() {}});
};

async function fleet(stage) {
  stage.server.list('rover-7', {cameras: ['front', 'rear'], viewers: 1});
  stage.server.list('rover-12', {online: false, since: hoursAgo(2)});
  stage.server.list('loader-3', {cameras: ['cab', 'bucket', 'left', 'right'], since: hoursAgo(5), viewers: 3});
  stage.server.list('mule-hangar-west', {cameras: ['front'], since: hoursAgo(30)});
  stage.server.list('spot', {online: false, since: hoursAgo(24 * 9), cameras: []});
}

const watched = (options) => async (stage, shoot) => {
  const robot = await stage.robot(options);
  await shoot('/r/rover-7', async (page) => {
    await untilKind(page, 'live');
    await page.waitForTimeout(2500);
  });
  await robot.close();
};

/** `count` cameras in that layout: on a desk and on a phone, upright and flat. */
function layoutScenes(layout, count) {
  const cameras = ['front', 'rear', 'arm', 'left', 'right', 'mast'].slice(0, count);
  const views = {'': DESK, '-phone': PHONE, '-phone-flat': PHONE_FLAT};
  return Object.fromEntries(Object.entries(views).map(([where, viewport]) => [`${layout}-${count}${where}`, async (stage, shoot) => {
    const robot = await stage.robot({stamp: false, cameras, size: count > 3 ? {width: 640, height: 360} : undefined});
    await shoot('/r/rover-7/rear', async (page) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(2500);
    }, {viewport, before: `localStorage.setItem('bigfoot.layout', '${layout}')`});
    await robot.close();
  }]));
}

/** One camera of three gives no more pictures. */
function frozenGrid(viewport) {
  return (stage, shoot) => shoot('/r/rover-7/rear', async (page, robot) => {
    await untilKind(page, 'live');
    await page.waitForTimeout(2000);
    await robot.evaluate(() => {
      window.robot.cameras[1].next = () => {};
    });
    await untilKind(page, 'frozen');
    await page.waitForTimeout(500);
  }, {viewport, robot: {stamp: false, cameras: ['front', 'rear', 'arm']}, before: `localStorage.setItem('bigfoot.layout', 'grid')`});
}

/** name → what happens; `shoot(path, ready, options)` opens the page in each theme, waits for `ready` and takes the picture. */
const SCENES = {
  fleet: async (stage, shoot) => {
    await fleet(stage);
    await shoot('/', (page) => page.locator('.robot').first().waitFor());
  },
  'fleet-phone': async (stage, shoot) => {
    await fleet(stage);
    await shoot('/', (page) => page.locator('.robot').first().waitFor(), {viewport: PHONE});
  },
  'fleet-empty': (stage, shoot) => shoot('/', (page) => page.locator('.empty').waitFor()),
  'fleet-empty-phone': (stage, shoot) => shoot('/', (page) => page.locator('.empty').waitFor(), {viewport: PHONE}),
  connecting: async (stage, shoot) => {
    stage.server.silent = true;
    await shoot('/r/rover-7', (page) => untilKind(page, 'connecting'));
  },
  live: watched({stamp: false}),
  'live-stamped': watched({}),
  'live-wall': async (stage, shoot) => {
    await stage.robot({stamp: false, cameras: ['front', 'rear', 'arm']});
    await shoot('/r/rover-7', async (page) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(2500);
    }, {viewport: WALL});
  },
  'live-phone': async (stage, shoot) => {
    await stage.robot({stamp: false});
    await shoot('/r/rover-7', async (page) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(2500);
    }, {viewport: PHONE});
  },
  'live-phone-several': async (stage, shoot) => {
    await stage.robot({stamp: false, cameras: ['front', 'rear', 'arm']});
    await shoot('/r/rover-7/front', async (page) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(2500);
    }, {viewport: PHONE});
  },
  ...layoutScenes('grid', 2), ...layoutScenes('grid', 3), ...layoutScenes('grid', 6), ...layoutScenes('alone', 3), ...layoutScenes('large', 3),
  'grid-frozen': frozenGrid(DESK), 'grid-frozen-phone': frozenGrid(PHONE),
  'alone-paused': async (stage, shoot) => {
    await stage.robot({stamp: false, cameras: ['front', 'rear', 'arm']});
    await shoot('/r/rover-7/front', async (page) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(1500);
      await page.keyboard.press('2');
      await page.waitForTimeout(1500);
      await stage.server.stop();
      await page.locator('[data-part="hint"]').waitFor();
      await page.keyboard.press('1');
      await untilKind(page, 'paused');
    }, {after: () => stage.server.start(), before: `localStorage.setItem('bigfoot.layout', 'alone')`});
  },
  'live-phone-flat': async (stage, shoot) => {
    await stage.robot({stamp: false, cameras: ['front', 'rear']});
    await shoot('/r/rover-7', async (page) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(2500);
    }, {viewport: PHONE_FLAT});
  },
  'signaling-lost': async (stage, shoot) => {
    await stage.robot({stamp: false});
    await shoot('/r/rover-7', async (page) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(1500);
      await stage.server.stop();
      await page.locator('[data-part="hint"]').waitFor();
    }, {after: () => stage.server.start()});
  },
  frozen: async (stage, shoot) => {
    const robot = await stage.robot({stamp: false});
    await shoot('/r/rover-7', async (page) => {
      await robot.evaluate(() => (window.robot.frozen = false));
      await untilKind(page, 'live');
      await page.waitForTimeout(2000);
      await robot.evaluate(() => (window.robot.frozen = true));
      await untilKind(page, 'frozen');
      await page.waitForTimeout(500);
    });
  },
  'frozen-phone': async (stage, shoot) => {
    const robot = await stage.robot({stamp: false, cameras: ['front', 'rear', 'arm']});
    await shoot('/r/rover-7', async (page) => {
      await robot.evaluate(() => (window.robot.frozen = false));
      await untilKind(page, 'live');
      await page.waitForTimeout(2000);
      await robot.evaluate(() => (window.robot.frozen = true));
      await untilKind(page, 'frozen');
      await page.waitForTimeout(500);
    }, {viewport: PHONE});
  },
  reconnecting: async (stage, shoot) => {
    await shoot('/r/rover-7', async (page, robot) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(1500);
      await page.evaluate(() => dispatchEvent(new Event('offline')));
      await robot.evaluate(() => window.robot.silence());
      await untilKind(page, 'reconnecting');
    }, {robot: {stamp: false}});
  },
  offline: async (stage, shoot) => {
    await shoot('/r/rover-7', async (page, robot) => {
      await untilKind(page, 'live');
      await page.waitForTimeout(1500);
      await robot.evaluate(() => window.robot.stop());
      await page.locator('[data-part="title"]', {hasText: 'offline since'}).waitFor();
    }, {robot: {stamp: false}});
  },
  'offline-at-once': async (stage, shoot) => {
    stage.server.list('rover-12', {online: false, since: hoursAgo(26)});
    await shoot('/r/rover-12', (page) => page.locator('[data-part="title"]', {hasText: 'offline since'}).waitFor());
  },
  'offline-phone': async (stage, shoot) => {
    stage.server.list('rover-12', {online: false, since: hoursAgo(26)});
    await shoot('/r/rover-12', (page) => page.locator('[data-part="title"]', {hasText: 'offline since'}).waitFor(), {viewport: PHONE});
  },
  unknown: (stage, shoot) => shoot('/r/rover-99', (page) => untilKind(page, 'unknown')),
  full: async (stage, shoot) => {
    stage.server.refuse = {code: 'too-many-sessions', details: 'too many viewers: 8 are connected'};
    await shoot('/r/rover-7', (page) => untilKind(page, 'refused'));
  },
  'no-codec': (stage, shoot) => shoot('/r/rover-7', (page) => untilKind(page, 'unsupported'), {before: noH264}),
  'no-codec-phone': (stage, shoot) => shoot('/r/rover-7', (page) => untilKind(page, 'unsupported'), {before: noH264, viewport: PHONE}),
  tap: async (stage, shoot) => {
    await stage.robot({stamp: false});
    await shoot('/r/rover-7', (page) => untilKind(page, 'blocked'), {before: wantsTap});
  },
};

mkdirSync(OUT, {recursive: true});
const wanted = process.argv.slice(2);
for (const [name, scene] of Object.entries(SCENES)) {
  if (wanted.length && !wanted.includes(name)) continue;
  const stage = await Stage.open();
  const shoot = async (path, ready, {viewport = DESK, before, after, robot} = {}) => {
    for (const theme of ['light', 'dark']) {
      const tab = robot && (await stage.robot(robot));
      const page = await stage.page(path, {before, viewport, theme});
      await page.mouse.move(200, 200);
      await ready(page, tab);
      await page.mouse.move(220, 200);
      await page.waitForTimeout(300);
      await page.screenshot({path: `${OUT}${name}-${theme}.png`});
      await page.close();
      await tab?.close();
      await after?.();
    }
  };
  await scene(stage, shoot);
  await stage.close();
  console.log(name, stage.faults.length ? stage.faults : '');
}
