// Light and dark, desk and phone: everything is on the screen, large enough to be touched, and can be read.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {sharedStage} from './lib/shared_stage.mjs';
import {untilKind} from './lib/stage.mjs';

const TOUCH_PX_MIN = 40;
const CONTRAST_MIN = 4.5; // WCAG 2.1, 1.4.3: text
const WINDOWS = [{width: 1280, height: 720}, {width: 360, height: 640}, {width: 640, height: 360}];

const stage = sharedStage();

/**
 * In the page, at a moment at which it is in that state, its controls have not stepped back and nothing fades any more: what is
 * wrong with them, in words, and the contrast of each part; null at any other moment.
 */
const judged = ({kind, shows, parts}) => {
  const viewer = document.querySelector('.viewer');
  if (viewer.dataset.kind !== kind || (shows && !document.querySelector(shows))) return null;
  viewer.dispatchEvent(new PointerEvent('pointermove', {bubbles: true}));
  if (viewer.classList.contains('idle') || document.getAnimations().some((each) => each instanceof CSSTransition)) return null;
  return {faults: window.ungainly(), contrasts: parts.map((part) => [part, window.leastContrast(part)])};
};

/** In the page: what is wrong with its controls, in words. */
const ungainly = () => {
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`it scrolls sideways: ${document.documentElement.scrollWidth} px`);
  const controls = [...document.querySelectorAll('a[href], button')].filter((control) => control.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}));
  if (controls.length === 0) faults.push('no control is visible');
  for (const control of controls) {
    const {left, top, right, bottom, width, height} = control.getBoundingClientRect();
    const name = control.getAttribute('aria-label') ?? control.textContent.trim();
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) faults.push(`${name} leaves the window: ${[left, top, right, bottom]}`);
    if (width < window.touch || height < window.touch) faults.push(`${name} is only ${width}x${height}`);
  }
  return faults;
};

/**
 * In the page: the least contrast of an element's text against the backgrounds behind it, laid over each other. Over the picture they
 * are glass: it may be black or white (dimmed as it is), and the worse of the two counts.
 */
const leastContrast = (selector) => {
  const brush = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
  const painted = (colours) => {
    for (const colour of colours) {
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
    }
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const video = document.querySelector('.tile.chosen video');
  const overPicture = (element) => {
    if (!video) return false;
    const [one, other] = [element.getBoundingClientRect(), video.getBoundingClientRect()];
    return one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;
  };
  const white = Math.round(255 * Number(/brightness\(([\d.]+)\)/.exec(video ? getComputedStyle(video).filter : '')?.[1] ?? 1));
  const contrasts = [];
  for (const element of document.querySelectorAll(selector)) {
    if (!element.checkVisibility() || element.innerText.trim() === '') continue;
    const over = overPicture(element);
    const grounds = [];
    for (let each = element; each && !(over && each.matches('.viewer, .stage')); each = each.parentElement) {
      grounds.unshift(getComputedStyle(each).backgroundColor);
    }
    for (const farthest of over ? ['black', `rgb(${white} ${white} ${white})`] : ['white']) {
      const behind = painted([farthest, ...grounds]);
      const text = painted([farthest, ...grounds, getComputedStyle(element).color]);
      const [light, dark] = [luminance(text), luminance(behind)].sort((a, b) => b - a);
      contrasts.push((light + 0.05) / (dark + 0.05));
    }
  }
  return contrasts.length === 0 ? null : Math.min(...contrasts);
};

/** state → how to get there; what has to be on the page; the parts that must be legible in it. */
const STATES = {
  live: {parts: ['.pill', '.who', '.figure dd', '.tile:not(.chosen) .label']},
  'live, side by side': {kind: 'live', layout: 'grid', parts: ['.pill', '.figure dd', '.tile .label']},
  'live, one alone': {kind: 'live', layout: 'alone', parts: ['.pill', '.figure dd', '.tile:not(.chosen) .label', '.tile:not(.chosen) .tile-state']},
  'live and slow': {kind: 'live', clock: {ahead_ms: 170}, shows: '[data-grade="slow"]', parts: ['.figure dd']},
  'live and much too slow': {kind: 'live', clock: {ahead_ms: 1000}, shows: '[data-grade="bad"]', parts: ['.figure dd']},
  frozen: {parts: ['.pill', '.notice-title', '.notice-advice'], then: (robot) => robot.evaluate(() => (window.robot.frozen = true))},
  'frozen, side by side': {
    kind: 'frozen', layout: 'grid', parts: ['.pill', '.tile .label', '.tile .tile-state'], then: (robot) => robot.evaluate(() => (window.robot.frozen = true)),
  },
  refused: {parts: ['.pill', '.notice-title', '.notice-advice']},
};

for (const theme of ['light', 'dark']) {
  for (const viewport of WINDOWS) {
    for (const [state, {kind = state, layout = 'large', clock, shows, parts, then}] of Object.entries(STATES)) {
      test(`${state}, ${theme}, ${viewport.width}x${viewport.height}`, async () => {
        const robot = await stage.robot({cameras: ['front', 'rear'], clock});
        if (kind === 'refused') stage.server.refuse = {code: 'too-many-sessions', details: 'too many viewers'};
        const page = await stage.page('/r/rover-7', {viewport, theme, before: `localStorage.setItem('bigfoot.layout', '${layout}')`});
        if (then) {
          await untilKind(page, 'live');
          await then(robot);
        }
        await untilKind(page, kind);
        await page.evaluate(`Object.assign(window, {touch: ${TOUCH_PX_MIN}, ungainly: ${ungainly}, leastContrast: ${leastContrast}})`);
        const {faults, contrasts} = await (await page.waitForFunction(judged, {kind, shows, parts})).jsonValue();
        assert.deepEqual(faults, []);
        assert.deepEqual(contrasts.filter(([, contrast]) => contrast === null || contrast < CONTRAST_MIN), [], JSON.stringify(contrasts));
      });
    }
  }
}
