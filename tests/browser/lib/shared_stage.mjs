// One stage for all tests of a file: opened once, cleared after each test, closed after the last.

import assert from 'node:assert/strict';
import {after, afterEach, before} from 'node:test';

import {until} from '../../lab.mjs';
import {Stage} from './stage.mjs';

/** No page, no robot, no refusal and nothing that a page kept is left to the next test. @returns {Stage} open as soon as a test runs */
export function sharedStage() {
  const stage = new Stage();
  before(async () => {
    Object.assign(stage, await Stage.open());
  });
  after(() => stage.close());
  afterEach(async () => {
    for (const page of stage.browser.pages()) {
      await page.evaluate(() => localStorage.clear()).catch(() => {}); // a blank page has none
      await page.close();
    }
    // Else the next test's page may still be given a robot that is just going.
    await until('the server has seen them go', () => stage.server.peers.size === 0);
    stage.server.refuse = null;
    stage.server.heard = [];
    stage.server.robots.clear();
    assert.deepEqual(stage.faults.splice(0), [], 'the page printed errors or broke its content security policy');
  });
  return stage;
}
