// What the machine took from a test. It is shared: it may stand still for seconds, and something else may hold its cores. So
// a time is judged less what of it the machine did not give, and that is measured, not guessed.

import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';

const BEAT_MS = 10;
/** A beat that comes later than this was held up. */
const LATE_MS = 50;
const SAMPLE_EVERY_MS = 200;
/** Looking for new processes costs more than reading the known ones. */
const SAMPLES_A_LOOK = 5;

/** Milliseconds since 1970 by the clock that pages have too (performance.timeOrigin): a step of the system's clock does not move it. */
export const now = () => performance.timeOrigin + performance.now();

const numbers = (folder) => {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // the process has just ended
  }
};

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

class Machine {
  /** @type {{from: number, to: number}[]} in which nothing ran here, not even the beat */
  #stalls = [];
  /** @type {{at: number, threads: {process: string, thread: string, ms: number}[]}[]} which threads of this process' children have waited for a core since the sample before */
  #waits = [];
  #beatAt = now();
  /** @type {Map<string, number>} thread → nanoseconds */
  #threads = new Map();
  #family = [];
  #looks = 0;

  constructor() {
    this.#sample();
    setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  /** What begins now is judged by itself: else up to a fifth of a second before it counts, too. */
  begin() {
    this.#sample();
  }

  /** Of the time between the two, what programs could not use: the machine stood still, or they waited for a core. @returns {number} ms */
  lost(from, to) {
    this.#beat();
    if (this.#waits.at(-1).at < to) this.#sample();
    const stood = this.#stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(to, stall.to) - Math.max(from, stall.from)), 0);
    return Math.min(to - from, stood + this.#waited(from, to));
  }

  /** A picture goes through the processes one after the other, and in each at most through the thread that waited the most. */
  #waited(from, to) {
    const first = this.#waits.findLastIndex(({at}) => at <= from) + 1;
    const last = this.#waits.findIndex(({at}) => at >= to);
    const threads = new Map();
    for (const {process, thread, ms} of this.#waits.slice(first, last + 1).flatMap((sample) => sample.threads)) {
      threads.set(thread, {process, ms: (threads.get(thread)?.ms ?? 0) + ms});
    }
    const worst = new Map();
    for (const {process, ms} of threads.values()) worst.set(process, Math.max(worst.get(process) ?? 0, ms));
    return [...worst.values()].reduce((sum, ms) => sum + ms, 0);
  }

  #beat() {
    const at = now();
    if (at - this.#beatAt > LATE_MS) this.#stalls.push({from: this.#beatAt, to: at});
    this.#beatAt = at;
    if (at - this.#waits.at(-1).at >= SAMPLE_EVERY_MS) this.#sample();
  }

  /** The second number of schedstat is the time that a thread could have run and waited (Linux: Documentation/scheduler/sched-stats). */
  #sample() {
    if (this.#looks++ % SAMPLES_A_LOOK === 0) this.#family = descendants(process.pid);
    const threads = [];
    for (const process of this.#family) {
      for (const thread of numbers(`/proc/${process}/task`)) {
        const waited = Number(read(`/proc/${process}/task/${thread}/schedstat`).split(' ')[1] ?? 0);
        const ms = (waited - (this.#threads.get(thread) ?? waited)) / 1e6;
        if (ms > 0) threads.push({process, thread, ms});
        this.#threads.set(thread, waited);
      }
    }
    this.#waits.push({at: now(), threads});
  }
}

/** @param {number} root @returns {string[]} ids of all processes that it, or one of them, has started */
function descendants(root) {
  const children = new Map();
  for (const id of numbers('/proc')) {
    const parent = /.*\) \S (\d+)/s.exec(read(`/proc/${id}/stat`))?.[1];
    children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const all = [];
  for (const next = [String(root)]; next.length > 0;) {
    const found = children.get(next.pop()) ?? [];
    all.push(...found);
    next.push(...found);
  }
  return all;
}

export const machine = new Machine();

/** Waits for what must happen in so many milliseconds of the machine's time. */
export async function within(limit_ms, what, happens) {
  const from = now();
  const answer = await happens();
  const to = now();
  const lost = machine.lost(from, to);
  assert.ok(to - from - lost < limit_ms, `${what}: after ${(to - from).toFixed(0)} ms, of which the machine took ${lost.toFixed(0)}`);
  return answer;
}
