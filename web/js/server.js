// What the server answers over plain HTTP.

import {base} from './place.js';

/**
 * @typedef {object} Robot
 * @property {string} name
 * @property {boolean} online
 * @property {string | null} since ISO time of the last change between online and offline
 * @property {string[]} cameras
 * @property {number} viewers
 */

const ANSWER_MS_MAX = 4000;

/** @param {string} path @returns {Promise<Response>} */
async function get(path) {
  const answer = await fetch(base + path, {signal: AbortSignal.timeout(ANSWER_MS_MAX), cache: 'no-store'});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

/** @returns {Promise<Robot[]>} by name @throws when the server cannot be reached */
export async function robots() {
  const list = await (await get('api/v1/robots')).json();
  if (!Array.isArray(list)) throw new Error('api/v1/robots: not a list');
  return list.map(readRobot).sort((a, b) => a.name.localeCompare(b.name, undefined, {numeric: true}));
}

/** @param {any} entry @returns {Robot} */
function readRobot(entry) {
  const cameras = Array.isArray(entry?.cameras) ? entry.cameras : [];
  return {
    name: String(entry?.name ?? ''),
    online: entry?.online === true,
    since: typeof entry?.since === 'string' ? entry.since : null,
    cameras: cameras.map((/** @type {any} */ camera) => String(camera?.name ?? camera)),
    viewers: Number(entry?.viewers ?? 0) || 0,
  };
}

/** @returns {Promise<string>} "0.1.0" */
export async function version() {
  const text = await (await get('version')).text();
  try {
    const value = JSON.parse(text);
    return String(value?.version ?? value);
  } catch {
    return text.trim().slice(0, 40);
  }
}
