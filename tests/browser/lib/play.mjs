// The real programs, the real page, and what its first picture shows over a while.

import {setTimeout as sleep} from 'node:timers/promises';

import {Lab} from '../../lab.mjs';
import {openChromium} from './chromium.mjs';
import {machine} from './machine.mjs';
import {record} from './record.mjs';

/** Programs, browser and one page, all gone at the end of the test. */
export async function play(t, {cameras, more} = {}) {
  const lab = await Lab.open();
  t.after(() => lab.close());
  await lab.startServer();
  await lab.startRobot({cameras, more});
  const chromium = await openChromium();
  t.after(() => chromium.close());
  const page = await chromium.browser.newPage();
  await page.addInitScript(record);
  await page.addInitScript(fetchStamps);
  return {lab, page};
}

/** In the page, before a test stops the server that has it; a page of another origin has none. */
function fetchStamps() {
  void import('/js/stamp.js').catch(() => {});
}

/** What a function in the page gives; a tab that hangs is an error. */
export async function answered(page, question, argument, limit_ms) {
  const late = sleep(limit_ms, 'late', {ref: false});
  const answer = await Promise.race([page.evaluate(question, argument).then((value) => ({value})), late]);
  if (answer === 'late') throw new Error(`the page did not answer within ${limit_ms} ms`);
  return answer.value;
}

/**
 * The stamps of the pictures shown during `seconds`, how many pictures had none, and how many the machine let be shown at 30 a
 * second; `gap`: the longest time without a new one, in milliseconds, less what the machine took of it.
 */
export async function watched(page, {seconds}) {
  const {frames, unread, times} = await answered(page, watch, {seconds}, seconds * 1000 + 60000);
  const [from, to] = [times[0], times.at(-1)];
  return {frames, unread, gap: longestGap(times), possible: ((to - from - machine.lost(from, to)) / 1000) * 30};
}

/** @param {number[]} times by the clock of machine.mjs */
export function longestGap(times) {
  return Math.max(...times.slice(1).map((to, i) => to - times[i] - machine.lost(times[i], to)));
}

/** In the page; `times` begin and end with the watch itself. */
async function watch({seconds}) {
  const {readStamp, STAMP_CANVAS} = await import('/js/stamp.js');
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), STAMP_CANVAS).getContext('2d', {willReadFrequently: true});
  const frames = [];
  let unread = 0;
  const begun = performance.now();
  const times = [begun];
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (performance.now() < begun + seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, 50);
    const onFrame = (now) => {
      const stamp = readStamp(context, video);
      if (!stamp) unread++;
      else if (frames.at(-1) !== stamp.frame) {
        frames.push(stamp.frame);
        if (now > times.at(-1)) times.push(now);
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  });
  times.push(Math.max(times.at(-1), performance.now()));
  return {frames, unread, times: times.map((at) => performance.timeOrigin + at)};
}

/** Waits until so many pictures more have been shown. */
export async function shows(page, count) {
  const pictures = (wanted) => new Promise((resolve) => {
    const video = document.querySelector('video');
    let seen = 0;
    const onFrame = () => (++seen === wanted ? resolve(seen) : video.requestVideoFrameCallback(onFrame));
    video.requestVideoFrameCallback(onFrame);
  });
  return answered(page, pictures, count, 60000);
}
