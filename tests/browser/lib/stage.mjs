// The play that browser tests and screenshots put on: fake server, fake robot in its own tab, one viewer's page.

import assert from 'node:assert/strict';
import {isDeepStrictEqual} from 'node:util';

import {until} from '../../lab.mjs';
import {FakeServer} from '../fake/server.mjs';
import {openChromium} from './chromium.mjs';
import {record} from './record.mjs';

export class Stage {
  /** @param {Parameters<typeof openChromium>[0]} [options] */
  static async open(options) {
    const stage = new Stage();
    stage.server = await new FakeServer().start();
    ({browser: stage.browser, close: stage.closeBrowser} = await openChromium(options));
    stage.faults = [];
    return stage;
  }

  async close() {
    await this.closeBrowser();
    await this.server.stop();
  }

  /** A robot in its own tab. */
  async robot(options = {}) {
    const tab = await this.browser.newPage();
    tab.on('pageerror', (error) => this.faults.push(`robot: ${error.stack}`));
    await tab.goto(`${this.server.url}/fake/robot.html`);
    await tab.waitForFunction(() => 'startRobot' in window);
    const name = await tab.evaluate((given) => window.startRobot(given), options);
    await until(`the server knows ${name}`, () => this.server.robots.get(name)?.online);
    return tab;
  }

  /** A viewer's page; what it prints as an error, or breaks of the content security policy, is a fault of the test. */
  async page(path, {before, viewport, theme} = {}) {
    const page = await this.browser.newPage();
    page.on('pageerror', (error) => this.faults.push(error.stack));
    page.on('console', (message) => {
      const expected = /WebSocket connection to|ERR_CONNECTION|ERR_INTERNET_DISCONNECTED|net::ERR/.test(message.text());
      if (message.type() === 'error' && !expected) this.faults.push(message.text());
    });
    await page.addInitScript(record);
    if (before) await page.addInitScript(before);
    if (viewport) await page.setViewportSize(viewport);
    if (theme) await page.emulateMedia({colorScheme: theme});
    await page.goto(this.server.url + path);
    return page;
  }
}

/** @param {import('playwright-core').Page} page @param {string} kind of words.js */
export async function untilKind(page, kind) {
  await page.locator(`.viewer[data-kind="${kind}"]`).waitFor();
}

/** For what follows by itself, but not at once: waits until `ask` gives `wanted`; what it gave instead is in the error. */
export async function becomes(ask, wanted, what) {
  let is;
  await until('', async () => isDeepStrictEqual((is = await ask()), wanted)).catch(() => {});
  assert.deepEqual(is, wanted, what);
}

/** What stands on the page. */
export async function seen(page) {
  return page.evaluate(() => {
    const text = (part) => {
      const element = document.querySelector(`[data-part="${part}"]`);
      return element instanceof HTMLElement && element.offsetParent !== null ? element.innerText : '';
    };
    return {
      kind: document.querySelector('.viewer')?.getAttribute('data-kind'), pill: text('pill'), title: text('title'), advice: text('advice'), hint: text('hint'),
    };
  });
}
