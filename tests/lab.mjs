// Real programs on ports of their own, for browser tests, benchmarks and screenshots; gone when the caller is done.

import {spawn} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {createSocket} from 'node:dgram';
import {mkdtemp, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = process.env.BIGFOOT_BIN_DIR ?? join(ROOT, 'build', 'bin');

/** Runs `bind` on a socket; false when the address is in use. */
function bound(socket, bind) {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    bind(() => resolve(true));
  });
}

/**
 * A TCP port on which nothing listens. It is reserved by a UDP socket of the same number while this process lives, and lies below
 * Linux's ephemeral range, so that no outgoing connection takes it before the program listens (tools/ports.py says more).
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(20000, 32768);
    const reservation = createSocket('udp4').unref();
    if (!(await bound(reservation, (done) => reservation.bind({port, address: '127.0.0.1', exclusive: true}, done)))) continue;
    const probe = createServer();
    if (await bound(probe, (done) => probe.listen(port, '127.0.0.1', done))) {
      await new Promise((closed) => probe.close(closed));
      return port;
    }
    reservation.close();
  }
  throw new Error('no free port between 20000 and 32767');
}

/** Waits until `ask` gives something truthy; the reason it never did is in the error. No test takes that long unless it fails. */
export async function until(what, ask, {timeout = 60000, pause = 50} = {}) {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${what}`);
    await sleep(pause);
  }
}

/** A child process whose output is kept for the error message. */
class Program {
  constructor(name, command, words) {
    this.name = name;
    this.killed = false; // by its test
    this.output = '';
    this.child = spawn(command, words, {stdio: ['ignore', 'pipe', 'pipe']});
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (text) => {
        this.output = (this.output + text).slice(-200_000);
      });
    }
    this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({code, signal})));
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends it; one that does not end, or ends badly of its own, is an error. */
  async stop(signal = 'SIGTERM') {
    if (this.running) {
      this.child.kill(signal);
      this.killed = signal === 'SIGKILL';
    }
    const late = sleep(20000, 'late', {ref: false});
    if ((await Promise.race([this.ended, late])) === 'late') {
      this.child.kill('SIGKILL');
      await this.ended;
      throw new Error(`${this.name} did not end within 20 s of ${signal}:\n${this.output.slice(-3000)}`);
    }
    const end = await this.ended;
    if (end.code !== 0 && !this.killed) {
      throw new Error(`${this.name} ended with ${end.code ?? end.signal}:\n${this.output.slice(-3000)}`);
    }
    return end;
  }
}

/** The lines of a program's standard output, each an object: what `bigfoot view --json` says. */
function jsonLines(program) {
  const rows = [];
  createInterface({input: program.child.stdout}).on('line', (line) => {
    if (line.startsWith('{')) rows.push(JSON.parse(line));
  });
  return rows;
}

export class Lab {
  /** @type {Program[]} those that end by themselves */
  programs = [];

  static async open() {
    const lab = new Lab();
    lab.folder = await mkdtemp(join(tmpdir(), 'bigfoot-lab-'));
    [lab.port, lab.adminPort, lab.metricsPort] = [await freePort(), await freePort(), await freePort()];
    lab.url = `http://localhost:${lab.port}`;
    lab.bin = BIN;
    return lab;
  }

  async startServer(...more) {
    this.server = new Program('bigfoot-server', join(BIN, 'bigfoot-server'), [
      'serve', '--listen', `127.0.0.1:${this.port}`, '--admin-listen', `127.0.0.1:${this.adminPort}`, '--state-dir', this.folder,
      '--web-dir', join(ROOT, 'web'), ...more,
    ]);
    await until('the server answers', async () => {
      if (!this.server.running) throw new Error(`bigfoot-server ended:\n${this.server.output}`);
      return fetch(`${this.url}/version`).then((reply) => reply.ok, () => false);
    });
  }

  async startRobot({name = 'rover-7', cameras = ['front=test:'], more = []} = {}) {
    this.robot = new Program('bigfoot robot', join(BIN, 'bigfoot'), [
      'robot', '--server', `ws://127.0.0.1:${this.port}`, '--name', name, ...cameras.flatMap((camera) => ['--camera', camera]),
      '--metrics', `127.0.0.1:${this.metricsPort}`, ...more,
    ]);
    await until('the robot is listed', async () => {
      if (!this.robot.running) throw new Error(`bigfoot robot ended:\n${this.robot.output}`);
      return (await this.robots()).some((robot) => robot.name === name && robot.online);
    });
    await until('the camera gives pictures', async () => (await this.metric('bigfoot_frames_captured_total')) > 0);
  }

  /** The native client, headless; `seconds` are the lines of its --json so far. Ended by `stopViewer`. */
  startViewer({robot = 'rover-7', more = []} = {}) {
    this.viewer = new Program('bigfoot view', join(BIN, 'bigfoot'), ['view', robot, '--server', `ws://127.0.0.1:${this.port}`, '--display', 'none', '--json', ...more]);
    this.viewer.seconds = jsonLines(this.viewer);
    return this.viewer;
  }

  async stopViewer() {
    const viewer = this.viewer;
    this.viewer = undefined;
    await viewer?.stop();
  }

  async robots() {
    return fetch(`${this.url}/api/v1/robots`).then((reply) => reply.json(), () => []);
  }

  /** All samples of the robot's metrics page, or of the server's at `adminPort`: name → [{labels, value}]. */
  async samples(port = this.metricsPort) {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((reply) => reply.text(), () => '');
    const samples = new Map();
    for (const line of text.split('\n')) {
      const found = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (!found) continue;
      const labels = Object.fromEntries([...(found[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
      if (!samples.has(found[1])) samples.set(found[1], []);
      samples.get(found[1]).push({labels, value: Number(found[3])});
    }
    return samples;
  }

  /** The sum of one metric over its labels (those that match `only`). */
  async metric(name, only = {}, port = this.metricsPort) {
    const rows = (await this.samples(port)).get(name) ?? [];
    return rows.filter(({labels}) => Object.entries(only).every(([key, value]) => labels[key] === value)).reduce((sum, {value}) => sum + value, 0);
  }

  /** Runs a program to its end; one that is late is killed, and what it said is in the error. */
  async run(name, command, words, {timeout = 60000} = {}) {
    const program = new Program(name, command, words);
    this.programs.push(program);
    const said = new Promise((resolve) => program.child.once('close', resolve)).then(() => program.ended); // all of its output is read
    const end = await Promise.race([said, sleep(timeout, null, {ref: false})]);
    if (end) return {...end, output: program.output};
    program.child.kill('SIGKILL');
    await program.ended;
    throw new Error(`${name} did not end within ${timeout} ms:\n${program.output.slice(-3000)}`);
  }

  async close() {
    for (const program of this.programs) if (program.running) program.child.kill('SIGKILL');
    const faults = [];
    for (const program of [this.viewer, this.robot, this.server]) if (program) await program.stop().catch((error) => faults.push(error));
    await rm(this.folder, {recursive: true, force: true});
    if (faults.length > 0) throw faults[0];
  }
}

/** Quantile of numbers, interpolated. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (at - below);
}
