// One stage for all tests of a file: opened once, cleared after each test, closed after the last.

import assert from 'node:assert/strict';
import {after, afterEach, before} from 'node:test';

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
    stage.server.refuse = null;
    stage.server.heard = [];
    stage.server.robots.clear();
    assert.deepEqual(stage.faults.splice(0), [], 'the page printed errors or broke its content security policy');
  });
  return stage;
}
