// Debian's Chromium, headless, with its own profile, gone when the test is.

import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {chromium} from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
  // The fake robot's tab lies behind the viewer's: its pictures must not slow down for that.
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
];

/** For things that take a second where nothing else runs. What has to be quick is judged by itself. */
const WAIT_MS_MAX = 60000;

/**
 * @param {{args?: string[], autoplay?: boolean}} [options] autoplay false: the browser wants a tap first
 * @returns {Promise<{browser: import('playwright-core').BrowserContext, close: () => Promise<void>}>}
 */
export async function openChromium({args = [], autoplay = true} = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'bigfoot-chromium-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [...ARGUMENTS, ...(autoplay ? [] : ['--autoplay-policy=user-gesture-required']), ...args],
    chromiumSandbox: false,
    viewport: {width: 1280, height: 720},
    acceptDownloads: true,
  });
  browser.setDefaultTimeout(WAIT_MS_MAX);
  return {
    browser,
    async close() {
      await browser.close();
      await rm(profile, {recursive: true, force: true, maxRetries: 5, retryDelay: 100});
    },
  };
}
