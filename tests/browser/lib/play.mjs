// The real programs, the real page, and what its first picture shows over a while.

import {setTimeout as sleep} from 'node:timers/promises';

import {Lab} from '../../lab.mjs';
import {openChromium} from './chromium.mjs';

/** Programs, browser and one page, all gone at the end of the test. */
export async function play(t, {cameras, more} = {}) {
  const lab = await Lab.open();
  t.after(() => lab.close());
  await lab.startServer();
  await lab.startRobot({cameras, more});
  const chromium = await openChromium();
  t.after(() => chromium.close());
  const page = await chromium.browser.newPage();
  return {lab, page};
}

/** The stamps of the pictures shown during `seconds`, and the longest time without a new one; ends in time when no picture comes or the tab hangs. */
export async function watched(page, {seconds}) {
  const deadline = seconds * 1000 + 15000;
  const result = await Promise.race([page.evaluate(watch, {seconds}), sleep(deadline, null, {ref: false})]);
  if (!result) throw new Error(`the page did not answer within ${deadline} ms`);
  return result;
}

/** In the page. */
async function watch({seconds}) {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  const frames = [];
  let unread = 0;
  let last = performance.now();
  let gap = 0;
  const end = last + seconds * 1000;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (performance.now() < end) return;
      clearInterval(timer);
      resolve();
    }, 50);
    const onFrame = (now) => {
      const stamp = readStamp(context, video);
      if (!stamp) unread++;
      else if (frames.at(-1) !== stamp.frame) {
        frames.push(stamp.frame);
        gap = Math.max(gap, now - last);
        last = now;
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  });
  return {frames, unread, gap: Math.max(gap, performance.now() - last)};
}
