// The real programs on this machine, on free loopback ports, ended by their process ids.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {fileURLToPath} from 'node:url';

const BIN = process.env.BIGFOOT_BIN_DIR ?? fileURLToPath(new URL('../../../build/bin', import.meta.url));
const READY_MS_MAX = 15000;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Bigfoot {
  static async start() {
    const bigfoot = new Bigfoot();
    bigfoot.listen = `127.0.0.1:${await freePort()}`;
    bigfoot.admin = `127.0.0.1:${await freePort()}`;
    bigfoot.metrics = `127.0.0.1:${await freePort()}`;
    bigfoot.processes = new Map();
    await bigfoot.startServer();
    return bigfoot;
  }

  get url() {
    return `http://${this.listen}`;
  }

  async startServer() {
    this.#run('server', 'bigfoot-server', ['serve', '--listen', this.listen, '--admin-listen', this.admin]);
    await this.until('the server answers', async () => (await fetch(`http://${this.admin}/readyz`)).ok);
  }

  /** @param {string[]} cameras [NAME=]URI */
  async startRobot(cameras = ['test:'], name = 'rover-7') {
    const given = cameras.flatMap((camera) => ['--camera', camera]);
    this.#run('robot', 'bigfoot', ['robot', '--server', `ws://${this.listen}`, '--name', name, ...given, '--metrics', this.metrics]);
    await this.until('the robot is online', async () => (await this.robots()).some((robot) => robot.name === name && robot.online));
  }

  async robots() {
    return (await fetch(`${this.url}/api/v1/robots`)).json();
  }

  /** @param {'server' | 'robot'} which @param {NodeJS.Signals} signal */
  async end(which, signal) {
    const child = this.processes.get(which);
    this.processes.delete(which);
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async close() {
    for (const which of [...this.processes.keys()]) await this.end(which, 'SIGKILL');
  }

  async until(what, condition) {
    const until = Date.now() + READY_MS_MAX;
    for (;;) {
      if (await condition().catch(() => false)) return;
      if (Date.now() > until) throw new Error(`never: ${what}\n${this.output.join('')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #run(which, program, args) {
    const child = spawn(`${BIN}/${program}`, args, {stdio: ['ignore', 'pipe', 'pipe']});
    this.output ??= [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => this.output.push(String(text)));
    this.processes.set(which, child);
  }
}
