#!/usr/bin/env node
// Captures the SDP of a browser: serves capture.html on loopback, starts the browser on it, writes what it posts.
//   capture.sh runs this in a network namespace whose only address is 192.0.2.10.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const golden = join(here, '../sdp');
const [kind, command = kind] = process.argv.slice(2);
const version = /(\d+)\./.exec(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout)?.[1];
if (!version || !['chromium', 'firefox'].includes(kind)) {
  console.error('usage: browsers.mjs chromium|firefox [command]');
  process.exit(2);
}

const profile = mkdtempSync(join(tmpdir(), 'sdp-capture-'));
const firefoxPrefs = {
  'app.update.auto': false, 'browser.shell.checkDefaultBrowser': false, 'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false, 'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false, 'toolkit.telemetry.reportingpolicy.firstRun': false,
};
function start(url) {
  if (kind === 'firefox') {
    const prefs = Object.entries(firefoxPrefs).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});`);
    writeFileSync(join(profile, 'user.js'), prefs.join('\n'));
    return spawn(command, ['--headless', '--no-remote', '--profile', profile, url], { stdio: 'ignore', env: { ...process.env, HOME: profile } });
  }
  return spawn(command, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking', `--user-data-dir=${profile}`, url],
    { stdio: 'ignore' });
}

let browser;
function finish(code, message) {
  console.log(message);
  browser?.once('exit', () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code);
  });
  browser?.kill('SIGTERM');
}

const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname;
  if (path === '/') return response.setHeader('content-type', 'text/html').end(readFileSync(join(here, 'capture.html')));
  if (path.startsWith('/golden/')) return response.end(readFileSync(join(golden, basename(path))));
  if (request.method !== 'POST') return response.writeHead(404).end();
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    response.end();
    const name = basename(path);
    if (name === 'done') return finish(0, `${body}\nwritten to ${golden}`);
    if (name.endsWith('.failed')) return console.log(`${name}: ${body}`);
    writeFileSync(join(golden, `${kind}-${version}-${name}.sdp`), body);
  });
});
server.listen(0, '127.0.0.1', () => (browser = start(`http://127.0.0.1:${server.address().port}/`)));
setTimeout(() => finish(1, `${kind} did not finish in 90 s`), 90_000).unref();
