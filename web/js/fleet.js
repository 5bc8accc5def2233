// The list of robots, kept up to date by what the server tells its listeners.

import {fromTemplate, make, setText} from './dom.js';
import {pathOf} from './place.js';
import {robots, version} from './server.js';
import {since} from './words.js';

/** @typedef {import('./server.js').Robot} Robot */

/** Viewer counts are not announced: they are looked up now and then. */
const REFRESH_EVERY_MS = 5000;
/** Many robots may come at once, after a server's restart. */
const SETTLE_MS = 50;

export class Fleet {
  constructor() {
    const {root, part} = fromTemplate('fleet');
    this.root = root;
    this.part = part;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.stopped = false;
    document.title = 'Bigfoot';
    const server = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`;
    setText(part('command'), `bigfoot robot \\\n  --server ${server} \\\n  --name rover-7 --camera test:`);
    setText(part('connection'), 'Connecting…');
    this.#soon(0);
    version().then((text) => setText(part('version'), `Bigfoot ${text}`), () => undefined);
  }

  /** @returns {string[]} */
  resumeTokens() {
    return [];
  }

  up() {
    setText(this.part('connection'), '');
    this.#soon(0);
  }

  down() {
    setText(this.part('connection'), 'Server unreachable, trying again');
  }

  /** @param {import('./protocol.js').FromServer} message */
  message(message) {
    if (message.type === 'peerStatusChanged') this.#soon(SETTLE_MS);
  }

  network() {}

  visibility() {
    if (!document.hidden) this.#soon(0);
  }

  key() {}

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** @param {number} wait_ms */
  #soon(wait_ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.#refresh(), wait_ms);
  }

  async #refresh() {
    // When the server cannot be reached, the line at the foot tells it; the old list stays, and the next look is due.
    const list = await robots().catch(() => null);
    if (this.stopped) return;
    if (!document.hidden) this.#soon(REFRESH_EVERY_MS);
    if (list) this.#show(list);
  }

  /** @param {Robot[]} list */
  #show(list) {
    const online = list.filter((robot) => robot.online).length;
    setText(this.part('count'), list.length === 0 ? '' : `${online} of ${list.length} online`);
    this.part('empty').hidden = list.length > 0;
    const rows = this.part('robots');
    const known = new Map([...rows.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.robot, /** @type {HTMLElement} */ (row)]));
    const wanted = list.map((robot) => fill(known.get(robot.name) ?? fromTemplate('robot').root, robot));
    const same = wanted.length === rows.children.length && wanted.every((row, at) => row === rows.children[at]);
    // Rows are kept while they can be, so that a focus or a finger on one of them stays there.
    if (!same) rows.replaceChildren(...wanted);
  }
}

/** @param {HTMLElement} row @param {Robot} robot @returns {HTMLElement} */
function fill(row, robot) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (row.querySelector(`[data-part="${name}"]`));
  const when = since(robot.since, new Date());
  row.dataset.robot = robot.name;
  row.dataset.online = String(robot.online);
  part('link').setAttribute('href', pathOf({robot: robot.name, camera: null}));
  setText(part('name'), robot.name);
  setText(part('state'), `${robot.online ? 'online' : 'offline'}${when ? ` since ${when}` : ''}`);
  setText(part('viewers'), robot.viewers === 0 ? '' : `${robot.viewers} ${robot.viewers === 1 ? 'viewer' : 'viewers'}`);
  const cameras = part('cameras');
  const shown = [...cameras.children].map((chip) => chip.textContent);
  if (shown.join('\n') !== robot.cameras.join('\n')) cameras.replaceChildren(...robot.cameras.map((name) => make('span', 'chip', name)));
  return row;
}
