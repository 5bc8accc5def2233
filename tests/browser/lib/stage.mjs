// The play that browser tests and screenshots put on: fake server, fake robot in its own tab, one viewer's page.

import {FakeServer} from '../fake/server.mjs';
import {openChromium} from './chromium.mjs';

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
    await tab.evaluate((given) => window.startRobot(given), options);
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
    if (before) await page.addInitScript(before);
    if (viewport) await page.setViewportSize(viewport);
    if (theme) await page.emulateMedia({colorScheme: theme});
    await page.goto(this.server.url + path);
    return page;
  }
}

/** @param {import('playwright-core').Page} page @param {string} kind of words.js */
export async function untilKind(page, kind, timeout = 15000) {
  await page.locator(`.viewer[data-kind="${kind}"]`).waitFor({timeout});
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
