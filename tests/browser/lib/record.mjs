// What a page says, change by change, and when its first picture moved. Things are there for a moment only, and a test that
// looks now and then would miss them on a busy machine: the page writes them down by its own clock, the test reads it later.

import {until} from '../../lab.mjs';
import {machine, now} from './machine.mjs';

/** An init script. */
export function record() {
  const rows = [];
  const frames = [];
  window.recorded = {rows, frames};
  let watched;
  const watch = () => {
    const video = document.querySelector('.tile video');
    if (!video || video === watched) return;
    watched = video;
    let last;
    const shown = (at, {rtpTimestamp, mediaTime}) => {
      const id = rtpTimestamp ?? mediaTime;
      if (id !== last) frames.push({at: performance.timeOrigin + at, told: performance.timeOrigin + performance.now()});
      last = id;
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  };
  const part = (name) => {
    const element = document.querySelector(`[data-part="${name}"]`);
    return element && !element.closest('[hidden]') ? element.textContent : '';
  };
  let last;
  const look = () => {
    watch();
    const row = {
      kind: document.querySelector('.viewer')?.dataset.kind, pill: part('pill'), title: part('title'), advice: part('advice'), hint: part('hint'),
      old: document.querySelector('.tile')?.classList.contains('old') ?? false, spoken: document.querySelector('#announcer')?.textContent ?? '', tab: document.title,
    };
    const text = JSON.stringify(row);
    if (text !== last) rows.push({at: performance.timeOrigin + performance.now(), ...row});
    last = text;
  };
  new MutationObserver(look).observe(document, {attributes: true, childList: true, subtree: true, characterData: true});
}

/**
 * @param {import('playwright-core').Page} page with `record` as its init script
 * @returns {Promise<{rows: {at: number, kind?: string, pill: string, title: string, advice: string, hint: string, old: boolean, spoken: string, tab: string}[], frames: {at: number, told: number}[]}>}
 *   `at`: of a row, when it was said; of a frame, when it was shown, which its page is told a moment later
 */
export const recorded = (page) => page.evaluate(() => window.recorded);

/** The first thing the page said since then that fits, as soon as it has been said. */
export function said(page, what, fits, {since = 0} = {}) {
  return until(what, async () => (await recorded(page)).rows.find((row) => row.at >= since && fits(row)));
}

/** As long as a new picture may take before the page calls the old one frozen, with what the page's own look at it takes. */
const GAP_MS_MAX = 300;
const FROZEN_AFTER_MS = 290;

/**
 * From now on nothing but a live picture is shown, as far as the machine lets pictures be made: the function that comes back says
 * what was wrong with that: a new picture was late by more than the machine took, or one that was new was called something else.
 */
export function watchForInterruptions(page) {
  const from = now();
  return async () => {
    const {rows, frames} = await recorded(page);
    const to = now();
    return [...latePictures(frames.map(({at}) => at), from, to), ...falseWords(rows, frames, from)];
  };
}

/** @param {number[]} frames when each was shown @param {number} from @param {number} to @returns {string[]} */
export function latePictures(frames, from, to, most_ms = GAP_MS_MAX) {
  const times = [frames.findLast((at) => at <= from) ?? from, ...frames.filter((at) => at > from && at < to), to];
  const gaps = times.slice(1).map((at, i) => ({at, ms: at - times[i], lost: machine.lost(times[i], at)}));
  return gaps.filter(({ms, lost}) => ms - lost >= most_ms)
    .map(({at, ms, lost}) => `no new picture for ${ms.toFixed(0)} ms until +${(at - from).toFixed(0)}, of which the machine took ${lost.toFixed(0)}`);
}

function falseWords(rows, frames, from) {
  return rows.filter(({at, kind}) => at >= from && kind !== 'live').flatMap(({at, kind}) => {
    const age = at - (frames.findLast(({told}) => told <= at)?.at ?? from);
    return age < FROZEN_AFTER_MS ? [`"${kind}" at +${(at - from).toFixed(0)} over a picture of ${age.toFixed(0)} ms`] : [];
  });
}
