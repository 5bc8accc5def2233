// Firefox without H.264: the viewer is told in words what is missing, and nothing hangs.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {until} from '../lab.mjs';
import {FakeServer} from './fake/server.mjs';
import {openFirefox} from './lib/firefox.mjs';

let server;
let firefox;
before(async () => {
  server = await new FakeServer().start();
  firefox = await openFirefox();
});
after(async () => {
  await firefox.close();
  await server.stop();
});

const shown = (what, script) => until(what, () => firefox.evaluate(script), {pause: 100});

test('the list works', async () => {
  server.list('rover-7', {cameras: ['front']});
  await firefox.goto(`${server.url}/`);
  assert.match(await shown('the robot', 'return document.querySelector(".robot")?.innerText'), /rover-7/);
});

test('the viewer says what is missing and what to do, asks for no session, and stays usable', async () => {
  server.heard = [];
  await firefox.goto(`${server.url}/r/rover-7`);
  const words = await shown('the notice', 'return document.querySelector("[data-part=notice]")?.innerText');
  assert.match(words, /This browser cannot show H\.264 video/);
  assert.match(words, /OpenH264[^]*Chromium/);
  assert.equal(await firefox.evaluate('return document.querySelector(".viewer").dataset.kind'), 'unsupported');
  assert.ok(!server.heard.some(({type}) => type === 'startSession'));
  await firefox.evaluate('document.querySelector("[data-part=back]").click()');
  await shown('the list', 'return document.querySelector(".fleet .robot")?.innerText');
});
