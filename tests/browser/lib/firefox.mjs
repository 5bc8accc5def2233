// Debian's Firefox, headless, over Marionette (its own remote protocol: [type, id, command, parameters] behind their
// length). Debian's build offers no H.264 without a plug-in that would be downloaded, and nothing is.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const PREFERENCES = {
  'marionette.port': 0, // it chooses a free one and writes it to MarionetteActivePort
  'app.update.enabled': false,
  'media.gmp-manager.url': '',
  'datareporting.policy.dataSubmissionEnabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};
const START_MS_MAX = 90000;

export async function openFirefox() {
  const profile = await mkdtemp(join(tmpdir(), 'bigfoot-firefox-'));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  await writeFile(join(profile, 'user.js'), lines.join('\n'));
  const child = spawn(process.env.FIREFOX ?? 'firefox', ['--headless', '--no-remote', '--marionette', '--profile', profile], {stdio: 'ignore'});
  const exited = once(child, 'exit');
  const marionette = new Marionette(await connected(profile));
  await marionette.command('WebDriver:NewSession');
  return {
    goto: (url) => marionette.command('WebDriver:Navigate', {url}),
    evaluate: async (body) => (await marionette.command('WebDriver:ExecuteScript', {script: body, args: []})).value,
    async close() {
      marionette.socket.destroy();
      child.kill();
      await exited;
      await rm(profile, {recursive: true, force: true, maxRetries: 5, retryDelay: 100});
    },
  };
}

async function connected(profile) {
  const until = Date.now() + START_MS_MAX;
  for (;;) {
    try {
      const port = Number(await readFile(join(profile, 'MarionetteActivePort'), 'utf8'));
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

class Marionette {
  constructor(socket) {
    this.socket = socket;
    this.input = Buffer.alloc(0);
    this.waiting = new Map();
    this.count = 0;
    socket.on('data', (data) => {
      this.input = Buffer.concat([this.input, data]);
      while (this.#read());
    });
  }

  command(name, parameters = {}) {
    const id = ++this.count;
    const text = JSON.stringify([0, id, name, parameters]);
    this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject}));
  }

  #read() {
    const colon = this.input.indexOf(':');
    if (colon < 0) return false;
    const end = colon + 1 + Number(this.input.subarray(0, colon));
    if (this.input.length < end) return false;
    const message = JSON.parse(this.input.subarray(colon + 1, end));
    this.input = this.input.subarray(end);
    if (!Array.isArray(message)) return true; // the greeting
    const [, id, error, result] = message;
    const {resolve, reject} = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) reject(new Error(`${error.error}: ${error.message}`));
    else resolve(result);
    return true;
  }
}
