// The native client as a measuring instrument: what `bigfoot view --json --measure` tells of each picture.

import {setTimeout as sleep} from 'node:timers/promises';

import {quantile, until} from '../tests/lab.mjs';

/** The stages of a picture at the viewer, in their order; each ends where the next begins. `arrival` begins at the capture. */
export const STAGES = ['arrival', 'reassembly', 'wait', 'decode', 'display'];

/** All that was said of the pictures of one camera in these lines. */
export function picturesOf(seconds, camera = 0) {
  return seconds.flatMap((second) => second.cameras[camera]?.measured?.pictures ?? []);
}

/**
 * One viewer, watched for `seconds` after it settled.
 * @param {import('../tests/lab.mjs').Lab} lab
 * @returns {Promise<{pictures: object[], last: object}>} a row a picture, and the last line that was said
 */
export async function watchNative(lab, {seconds, settle = 2, more = []}) {
  const viewer = lab.startViewer({more: ['--measure', ...more]});
  await until('a live picture in the native client', () => {
    if (!viewer.running) throw new Error(`bigfoot view ended:\n${viewer.output}`);
    return viewer.seconds.some(({state}) => state === 'live');
  });
  await sleep(settle * 1000); // rate control, caches, clocks: settle
  const before = viewer.seconds.length;
  await sleep(seconds * 1000);
  const said = viewer.seconds.slice(before);
  await lab.stopViewer();
  return {pictures: picturesOf(said), last: said.at(-1)};
}

/** How many of the pictures that were drawn meanwhile were shown, by the numbers in their stamps. */
export function shownShare(pictures) {
  const drawn = pictures.filter(({stamp}) => stamp !== undefined).map(({stamp}) => stamp);
  const shown = new Set(pictures.filter(({stamped_ms}) => stamped_ms !== undefined).map(({stamp}) => stamp));
  return shown.size / (Math.max(...drawn) - Math.min(...drawn) + 1);
}

/** A quantile of one figure over the pictures that have it. */
export function figure(pictures, key, q) {
  return quantile(pictures.map((picture) => picture[`${key}_ms`]).filter((value) => value !== undefined), q);
}
