// The list of robots in Chromium.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {until} from '../lab.mjs';
import {within} from './lib/machine.mjs';
import {sharedStage} from './lib/shared_stage.mjs';
import {untilKind} from './lib/stage.mjs';

const stage = sharedStage();

const robotRow = (page, name) => page.locator('.robot-name', {hasText: name});
const rows = (page) => page.locator('.robot').evaluateAll((all) => all.map((row) => row.innerText.split('\n').map((line) => line.trim()).filter(Boolean)));

test('without robots it tells how to start one, against this very server', async () => {
  const page = await stage.page('/');
  await page.getByText('No robots yet').waitFor();
  assert.match(await page.locator('pre').innerText(), new RegExp(`bigfoot robot[^]*--server ws://127\\.0\\.0\\.1:${stage.server.port}`));
});

test('robots come, go and change while one looks', async () => {
  const page = await stage.page('/');
  await page.getByText('No robots yet').waitFor();
  await until('the page listens', () => [...stage.server.peers.values()].some(({roles}) => roles.includes('listener')));
  const sooner = 2000; // than the page looks by itself
  stage.server.list('rover-12', {since: new Date(new Date().setHours(0, 1, 0)).toISOString(), cameras: ['front', 'rear'], viewers: 2});
  await within(sooner, 'a robot came', () => robotRow(page, 'rover-12').waitFor());
  stage.server.list('rover-7', {since: new Date(new Date().setHours(0, 2, 0)).toISOString()});
  await within(sooner, 'another came', () => robotRow(page, 'rover-7').waitFor());
  assert.deepEqual(await rows(page), [
    ['rover-7', 'online since 00:02', 'front'],
    ['rover-12', 'online since 00:01', 'front', 'rear', '2 viewers'],
  ]);
  assert.equal(await page.locator('[data-part="count"]').textContent(), '2 of 2 online');
  stage.server.list('rover-12', {online: false, since: new Date(new Date().setHours(0, 3, 0)).toISOString()});
  await within(sooner, 'it went', () => page.getByText('offline since 00:03').waitFor());
});

test('the cameras of a robot are those it has now', async () => {
  const page = await stage.page('/');
  const cameras = () => page.locator('.robot .chip').allTextContents();
  const become = async (names) => {
    stage.server.list('rover-7', {cameras: names});
    await page.waitForFunction((wanted) => [...document.querySelectorAll('.robot .chip')].map((chip) => chip.textContent).join() === wanted.join(), names);
    assert.deepEqual(await cameras(), names);
  };
  await become(['front', 'rear left']);
  await become(['front rear', ' left']); // the same letters
  await become(['mast']);
});

test('a robot opens in place, and back leads to the list', async () => {
  await stage.robot({name: 'rover 7/a'});
  const page = await stage.page('/');
  await page.evaluate(() => (window.sameDocument = true));
  await page.getByRole('link', {name: /rover 7\/a/}).click();
  await untilKind(page, 'live');
  assert.match(page.url(), /\/r\/rover%207%2Fa$/);
  await page.goBack();
  await page.locator('.fleet').waitFor();
  assert.equal(await page.evaluate(() => window.sameDocument), true);
});

test('names are text, whatever they hold', async () => {
  stage.server.list('<img src=x onerror=alert(1)>', {cameras: ['<b>front</b>']});
  const page = await stage.page('/');
  await robotRow(page, '<img src=x').waitFor();
  assert.equal(await page.locator('.fleet img, .fleet b').count(), 0);
});

test('a server that is away: the list stays, says so, and is right again afterwards', async () => {
  stage.server.list('rover-7');
  const page = await stage.page('/');
  await robotRow(page, 'rover-7').waitFor();
  await stage.server.stop();
  await page.getByText('Server unreachable, trying again').waitFor();
  assert.equal((await rows(page)).length, 1);
  await stage.server.start();
  stage.server.list('rover-7', {online: false});
  await page.getByText(/offline since/).waitFor();
  await page.getByText('Server unreachable').waitFor({state: 'hidden'});
});

test('no page of a stranger may frame it, and nothing but its own files is loaded', async () => {
  const page = await stage.page('/');
  const origins = await page.evaluate(() => [...new Set(performance.getEntriesByType('resource').map(({name}) => new URL(name).origin))]);
  assert.deepEqual(origins, [stage.server.url]);
});
