// picture.mjs URL ROBOT: opens Chromium, says "open", waits for a line on stdin, and says when the robot's picture is live and
// that it moves.

import {once} from 'node:events';

import {openChromium} from '../browser/lib/chromium.mjs';
import {watched} from '../browser/lib/play.mjs';
import {untilKind} from '../browser/lib/stage.mjs';
import {until} from '../lab.mjs';

const [url, robot] = process.argv.slice(2);
const chromium = await openChromium();
try {
  const page = await chromium.browser.newPage();
  console.log('open');
  await once(process.stdin, 'data');
  await until('the server answers', () => fetch(`${url}/version`).then((reply) => reply.ok, () => false), {timeout: 60000, pause: 20});
  await page.goto(`${url}/r/${robot}`);
  await untilKind(page, 'live', 60000);
  console.log('live');
  const {frames, unread} = await watched(page, {seconds: 1});
  if (frames.length === 0 || unread > 0) throw new Error(`${frames.length} pictures in a second, ${unread} of them without their stamp`);
  console.log('moves');
} finally {
  process.stdin.destroy();
  await chromium.close();
}
