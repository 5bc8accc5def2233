// One robot, as large as fits: wires the session to the pictures and the words.

import {announce, fromTemplate, setText} from './dom.js';
import {FigureList} from './figure_list.js';
import {missingHere} from './capabilities.js';
import {gridOf, isSeen, keepLayout, keptLayout, LAYOUT_WORDS, nextLayout} from './layout.js';
import {readMeta} from './protocol.js';
import {pathOf} from './place.js';
import {DelayReports} from './report.js';
import {robots} from './server.js';
import {Session} from './session.js';
import {Silence} from './silence.js';
import {saveSnapshot, snapshotName} from './snapshot.js';
import {Tile} from './tile.js';
import {ScreenLock} from './wake_lock.js';
import {Watching} from './watching.js';
import {words} from './words.js';

/** @typedef {import('./signaling.js').Signaling} Signaling */
/** @typedef {import('./protocol.js').FromServer} FromServer */

/** How often the words are looked at; a picture about to turn old is looked at on the spot. */
const LOOK_EVERY_MS = 100;
const MEASURE_EVERY_MS = 500;
const IDLE_MS = 3000;
/** How long a hint about this browser stays on a live picture. */
const HINT_MS = 10000;

export class Viewer {
  /** @param {import('./place.js').Place} place @param {Signaling} signaling */
  constructor(place, signaling) {
    this.robot = String(place.robot);
    this.wanted = place.camera;
    /** @type {string[]} */
    this.cameras = [];
    /** @type {string[]} */
    this.passed = [];
    /** @type {Tile[]} */
    this.tiles = [];
    this.chosen = 0;
    this.layout = keptLayout();
    this.watching = new Watching();
    this.watching.setHidden(document.hidden, performance.now());
    /** Since when the chosen camera is looked at: its picture is not missed before. */
    this.lookedAt = performance.now();
    this.liveAt = performance.now();
    /** @type {number | null} */
    this.firstLiveAt = null;
    this.silence = new Silence(performance.now());
    /** Something came on the path since the last measurement. */
    this.heard = false;
    this.missing = missingHere();
    this.stopped = false;
    this.lock = new ScreenLock();
    this.sleeps = !ScreenLock.possible && matchMedia('(pointer: coarse)').matches;
    const {root, part} = fromTemplate('viewer');
    this.root = root;
    this.part = part;
    this.figureList = new FigureList(part('figures'));
    this.reports = new DelayReports(performance.now());
    this.session = new Session({
      robot: this.robot,
      send: (message) => signaling.send(message),
      reconnect: () => signaling.reconnect(),
      lookup: async () => (await robots()).find((robot) => robot.name === this.robot) ?? null,
      onState: () => this.#look(),
      onReceivers: (receivers) => this.#receivers(receivers),
    });
    this.#controls();
    setText(part('name'), this.robot);
    /** @type {import('./latency.js').Delay} */
    this.delay = null;
    this.resizing = new ResizeObserver(() => this.#fitGrid());
    this.resizing.observe(part('stage'));
    this.measuring = this.missing ? undefined : setInterval(() => void this.#measure(), MEASURE_EVERY_MS);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.looking = undefined;
    this.#look();
  }

  // What the signaling socket tells, see main.js.

  /** @returns {string[]} */
  resumeTokens() {
    return this.session.resumeTokens();
  }

  /** @param {string[]} features */
  up(features) {
    if (!this.missing) this.session.handle({type: 'up', features});
  }

  down() {
    this.session.handle({type: 'down'});
  }

  /** @param {FromServer} message */
  message(message) {
    if (message.type === 'peerStatusChanged') this.#robotChanged(message.meta, message.roles.includes('producer'));
    else if (message.type === 'list') this.#listed(message.producers);
    else this.session.handle({type: 'message', message});
    if (message.type === 'error' && message.code === 'unsupported') this.reports.refused(message.sessionId);
    this.watching.heard(message, performance.now());
  }

  /** The machine's network went away or came back. @param {boolean} back */
  network(back) {
    if (!this.missing) this.session.handle({type: 'network', back});
  }

  /** The tab was hidden or shown. */
  visibility() {
    const now = performance.now();
    for (const tile of this.tiles) tile.freshness.setHidden(document.hidden, now);
    if (!this.watching.isWatched(now)) this.#lookedAgain(now);
    this.watching.setHidden(document.hidden, now);
    this.#look();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const part = {f: 'fullscreen', l: 'layout', o: 'overlay', s: 'snapshot'}[event.key.toLowerCase()];
    if (part) this.part(part).click();
    const camera = Number(event.key) - 1;
    if (Number.isInteger(camera) && this.tiles[camera]) this.#choose(camera);
  }

  stop() {
    this.stopped = true;
    this.resizing.disconnect();
    clearInterval(this.measuring);
    clearTimeout(this.looking);
    clearTimeout(this.idleTimer);
    this.session.stop();
    this.lock.keep(false);
    for (const tile of this.tiles) tile.remove();
  }

  /** @param {unknown} meta @param {boolean} online */
  #robotChanged(meta, online) {
    const {name, cameras, passed} = readMeta(meta);
    if (name !== this.robot) return;
    if (online) [this.cameras, this.passed] = [cameras, passed];
    this.session.handle({type: 'robot', online});
  }

  /** @param {import('./protocol.js').Peer[]} producers */
  #listed(producers) {
    const here = producers.map((peer) => readMeta(peer.meta)).find(({name}) => name === this.robot);
    if (!here) return;
    [this.cameras, this.passed] = [here.cameras, here.passed];
    this.#names();
  }

  /** @param {RTCRtpReceiver[]} receivers */
  #receivers(receivers) {
    if (receivers.length === 0) return this.tiles.forEach((tile) => tile.end());
    while (this.tiles.length > receivers.length) this.tiles.pop()?.remove();
    while (this.tiles.length < receivers.length) this.#addTile();
    receivers.forEach((receiver, at) => this.tiles[at].show(receiver));
    this.silence.reset(performance.now());
    this.#names();
  }

  #addTile() {
    const at = this.tiles.length;
    const tile = new Tile(() => this.#choose(at), () => this.#look());
    tile.freshness.setHidden(document.hidden, performance.now());
    this.tiles.push(tile);
    this.part('stage').append(tile.root);
  }

  #names() {
    this.tiles.forEach((tile, at) => tile.call(this.cameras[at] ?? `camera ${at + 1}`));
    const wanted = this.tiles.findIndex((tile) => tile.name === this.wanted);
    this.#arrange(wanted >= 0 ? wanted : Math.min(this.chosen, Math.max(0, this.tiles.length - 1)));
  }

  /** By a person: the address follows, and it is large if none was. @param {number} at */
  #choose(at) {
    this.wanted = this.tiles[at].name;
    history.replaceState(null, '', pathOf({robot: this.robot, camera: this.wanted}));
    const [button, before] = [this.tiles[at].choose, this.tiles[this.chosen].choose];
    const focused = document.activeElement === button;
    if (this.layout === 'grid') this.#keep('large');
    this.#arrange(at);
    // The button is gone with what it did: who uses the keyboard goes on at the one that undoes it.
    if (focused && button.hidden && button !== before) before.focus();
  }

  /** @param {import('./layout.js').Layout} layout */
  #keep(layout) {
    this.layout = layout;
    keepLayout(layout);
  }

  #nextLayout() {
    if (this.tiles.length < 2) return;
    this.#keep(nextLayout(this.layout));
    this.#arrange(this.chosen);
    announce(LAYOUT_WORDS[this.layout]);
  }

  /** @param {number} at the chosen camera's place */
  #arrange(at) {
    if (at !== this.chosen) this.#lookedAgain(performance.now());
    this.chosen = at;
    const several = this.tiles.length > 1;
    this.root.classList.toggle('several', several);
    this.root.dataset.layout = several ? this.layout : 'large';
    this.tiles.forEach((tile, other) => {
      tile.root.classList.toggle('chosen', other === at);
      tile.choose.hidden = other === at && this.root.dataset.layout !== 'grid';
    });
    const button = this.part('layout');
    button.hidden = !several;
    button.setAttribute('aria-label', `Layout: ${LAYOUT_WORDS[this.layout].toLowerCase()}`);
    button.title = `${LAYOUT_WORDS[this.layout]} (l)`;
    setText(this.part('camera'), several || this.wanted ? (this.tiles[at]?.name ?? '') : '');
    this.#fitGrid();
    this.#look();
  }

  #fitGrid() {
    if (this.root.dataset.layout !== 'grid') return;
    const stage = this.part('stage');
    const {rowGap, paddingLeft, paddingRight, paddingTop, paddingBottom} = getComputedStyle(stage);
    const [width, height] = [stage.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight), stage.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom)];
    const grid = gridOf(this.tiles.length, width, height, parseFloat(rowGap));
    stage.dataset.columns = String(grid.columns);
    stage.style.setProperty('--columns', String(grid.columns));
    stage.style.setProperty('--tile', `${grid.width}px`);
  }

  /** What was not looked at is not late yet. @param {number} now */
  #lookedAgain(now) {
    this.lookedAt = now;
    this.silence.forgive(now);
  }

  /** Tells the robot which cameras are looked at, and the tiles what it sends. @param {number} now */
  #watch(now) {
    const seen = (/** @type {number} */ at) => isSeen(this.tiles.length > 1 ? this.layout : 'large', at, this.chosen);
    const known = this.cameras.length === this.tiles.length;
    const message = this.watching.due(this.session.state, known ? this.cameras : [], seen, now);
    if (message && this.session.send(message)) this.watching.sent(message);
    this.tiles.forEach((tile, at) => tile.look(seen(at) && (!known || this.watching.sends(this.cameras[at])), now));
  }

  #controls() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.idleTimer = undefined;
    const {part, root} = this;
    part('back').setAttribute('href', pathOf({robot: null, camera: null}));
    part('layout').onclick = () => this.#nextLayout();
    part('overlay').onclick = () => part('overlay').setAttribute('aria-pressed', String(!root.classList.toggle('bare')));
    part('snapshot').onclick = () => void this.#snapshot();
    part('fullscreen').onclick = () => void this.#fullscreen();
    part('fullscreen').hidden = !document.fullscreenEnabled;
    part('start').onclick = () => this.tiles.forEach((tile) => void tile.play().then(() => this.#look()));
    const awake = () => {
      root.classList.remove('idle');
      clearTimeout(this.idleTimer);
      this.idleTimer = setTimeout(() => root.classList.add('idle'), IDLE_MS);
    };
    root.onpointermove = root.onpointerdown = root.onkeydown = awake;
    awake();
  }

  async #fullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.root.requestFullscreen({navigationUI: 'hide'}).catch(() => undefined);
    this.part('fullscreen').setAttribute('aria-pressed', String(!!document.fullscreenElement));
  }

  async #snapshot() {
    const tile = this.tiles[this.chosen];
    if (!tile) return;
    const saved = await saveSnapshot(tile.video, snapshotName(this.robot, tile.name, new Date()));
    announce(saved ? 'Picture saved' : 'There is no picture to save');
  }

  async #measure() {
    const report = await this.session.stats();
    const now = performance.now();
    if (report) {
      const entries = /** @type {import('./stats.js').Entry[]} */ ([.../** @type {any} */ (report).values()]);
      for (const tile of this.tiles) tile.measure(entries, now, document.hidden);
      const bytes = this.tiles[this.chosen]?.figures.pathBytes ?? -1;
      this.heard = this.silence.counted(now, bytes);
    }
    if (this.stopped) return;
    this.#tellSession(now);
    this.delay = this.#picture(now).state === 'fresh' ? this.#delay(this.tiles[this.chosen], now) : null;
    this.figureList.show(this.tiles[this.chosen]?.figures ?? null, this.delay, this.passed.includes(this.cameras[this.chosen]));
    this.#report(now);
  }

  /** @param {Tile} tile @param {number} now @returns {import('./latency.js').Delay} */
  #delay(tile, now) {
    return tile.delay(now, this.session.clock?.estimate(now) ?? null);
  }

  /** @param {Tile} tile @param {number} at its place @param {number} now */
  #stages(tile, at, now) {
    const {clock, mLines} = this.session;
    return tile.stages(now, clock?.estimate(now) ?? null, clock?.stages.before(mLines[at], now) ?? null);
  }

  /** Tells the robot how old its pictures are when they are seen; on a hidden page nobody sees them. @param {number} now */
  #report(now) {
    this.tiles.forEach((tile, at) => {
      const seen = !document.hidden && tile.receiver && tile.looked && tile.freshness.picture(now).state === 'fresh';
      if (seen && this.cameras[at]) this.reports.add(this.cameras[at], this.#delay(tile, now), this.#stages(tile, at, now));
    });
    for (const message of this.reports.due(now, this.session.state)) this.session.send(message);
  }

  /**
   * A session is as good as the best of its pictures: one dead camera is no reason to interrupt the others. While nobody
   * looks there is none to judge, and a path on which something still comes is a good one.
   * @param {number} now
   */
  #tellSession(now) {
    const tile = this.tiles[this.chosen];
    if (!tile?.receiver) return;
    const looked = this.watching.isWatched(now);
    if (looked && !tile.looked && !this.session.state.signaling) return; // it cannot be asked for
    if (!looked && !this.heard) return;
    const fresh = !looked || this.tiles.some((each) => each.looked && each.freshness.picture(now).state === 'fresh');
    const frozen_ms = fresh ? 0 : Math.max(1, Math.min(this.#picture(now).age_ms, now - this.lookedAt));
    this.session.handle({type: 'picture', frozen_ms, silent_ms: this.silence.ms(now)});
  }

  /** Of the chosen camera; old at once when its path has ended. @param {number} now @returns {import('./freshness.js').Picture} */
  #picture(now) {
    const tile = this.tiles[this.chosen];
    if (!tile) return {state: 'waiting', age_ms: 0};
    const picture = tile.freshness.picture(now);
    return tile.receiver || picture.state === 'waiting' ? picture : {...picture, state: 'frozen'};
  }

  #look() {
    if (this.stopped) return;
    clearTimeout(this.looking);
    const now = performance.now();
    this.#watch(now);
    const tile = this.tiles[this.chosen];
    const picture = this.#picture(now);
    if (picture.state === 'fresh') {
      this.liveAt = now;
      this.firstLiveAt ??= now;
      // The frame itself is the news: the session leaves `restarting` without waiting for the next measurement.
      if (this.session.state.frozen_ms > 0) this.#tellSession(now);
      this.delay ??= this.#delay(tile, now);
    }
    const seen = words({
      session: this.session.state, picture, paused: tile?.receiver ? tile.paused(now) : false, delay: this.delay, blocked: tile?.blocked ?? false, missing: this.missing,
      sleepy: this.sleeps && this.firstLiveAt !== null && now - this.firstLiveAt < HINT_MS,
      waiting_ms: now - this.liveAt, now: new Date(),
    });
    this.#say(seen);
    this.lock.keep(seen.kind === 'live');
    for (const each of this.tiles) each.mark(now);
    if (this.missing) return;
    const turnsOld_ms = picture.state === 'fresh' && tile ? tile.freshness.limit_ms - picture.age_ms + 1 : LOOK_EVERY_MS;
    this.looking = setTimeout(() => this.#look(), Math.min(LOOK_EVERY_MS, turnsOld_ms));
  }

  /** @param {import('./words.js').Words} seen */
  #say(seen) {
    const {part, root} = this;
    setText(part('pill'), seen.pill);
    setText(part('title'), seen.title);
    setText(part('advice'), seen.advice);
    setText(part('hint'), seen.hint);
    part('hint').hidden = seen.hint === '';
    part('notice').hidden = seen.title === '';
    part('start').hidden = seen.kind !== 'blocked';
    /** @type {HTMLButtonElement} */ (part('snapshot')).disabled = !this.tiles[this.chosen]?.video.videoWidth;
    if (root.dataset.kind === seen.kind && document.title.startsWith(seen.pill.split(' · ')[0])) return;
    root.dataset.kind = seen.kind;
    document.title = `${seen.pill.split(' · ')[0]} · ${this.robot}`;
    const spoken = seen.kind === 'live' ? 'Live' : seen.kind === 'frozen' ? 'The picture is frozen' : seen.title;
    if (spoken) announce(spoken);
  }
}
