// `./run screenshot`: the pictures of the README, from the real programs.

import {mkdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

import {openChromium} from '../tests/browser/lib/chromium.mjs';
import {untilKind} from '../tests/browser/lib/stage.mjs';
import {Lab} from '../tests/lab.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'images');
await mkdir(folder, {recursive: true});
const lab = await Lab.open();
const chromium = await openChromium();
try {
  await lab.startServer();
  await lab.startRobot({cameras: ['front=test:', 'rear=test:?size=640x360']});
  const page = await chromium.browser.newPage();
  await page.setViewportSize({width: 1280, height: 760});
  await page.emulateMedia({colorScheme: 'dark'});
  await page.goto(`${lab.url}/r/rover-7`);
  await untilKind(page, 'live');
  await sleep(3000); // the figures of the overlay fill
  await page.screenshot({path: join(folder, 'viewer.jpg'), type: 'jpeg', quality: 85});
  await page.goto(`${lab.url}/`);
  await page.locator('.robot').first().waitFor();
  await page.screenshot({path: join(folder, 'fleet.png')});
  console.log('docs/images/viewer.jpg and docs/images/fleet.png are new');
} finally {
  await chromium.close();
  await lab.close();
}
