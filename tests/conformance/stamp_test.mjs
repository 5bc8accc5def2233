// web/js/stamp.js reads the pictures that the C++ encoder drew. Run: node --test tests/conformance/stamp_test.mjs
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import test from 'node:test';

import {STAMP_CANVAS, cameraHash, decodeStamp, readStamp, stampRows} from '../../web/js/stamp.js';

const folder = new URL('./stamp/', import.meta.url);
const goldens = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));

/** RGBA as a canvas gives it: limited-range luma stretched to 0–255. */
function imageOf({width, height, bands}) {
  const data = new Uint8ClampedArray(width * height * 4);
  let at = 0;
  for (const band of bands) {
    const row = Buffer.from(band.luma, 'base64');
    for (let repeat = 0; repeat < band.rows; repeat++) {
      for (const luma of row) {
        const grey = ((luma - 16) * 255) / 219;
        data.set([grey, grey, grey, 255], at);
        at += 4;
      }
    }
  }
  return {data, width, height};
}

/** What drawImage does when it makes the picture smaller: the mean of the covered pixels. */
function shrink({data, width, height}, toWidth, toHeight, fromHeight) {
  const out = new Uint8ClampedArray(toWidth * toHeight * 4);
  for (let y = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      let sum = 0, count = 0;
      for (let sy = Math.floor((y * fromHeight) / toHeight); sy < Math.min(height, ((y + 1) * fromHeight) / toHeight); sy++) {
        for (let sx = Math.floor((x * width) / toWidth); sx < ((x + 1) * width) / toWidth; sx++) {
          sum += data[(sy * width + sx) * 4];
          count++;
        }
      }
      out.fill(count ? sum / count : 0, (y * toWidth + x) * 4, (y * toWidth + x) * 4 + 3);
    }
  }
  return {data: out, width: toWidth, height: toHeight};
}

test('there are golden pictures', () => assert.ok(goldens.length >= 5));

for (const golden of goldens) {
  const want = {frame: golden.stamp.frame, drawnUs: golden.stamp.drawn_us, camera: golden.stamp.camera};

  test(`${golden.name}: reads as C++ drew it`, () => {
    assert.equal(golden.height, stampRows(golden.width));
    assert.deepEqual(decodeStamp(imageOf(golden)), want);
  });

  test(`${golden.name}: reads through the page's small canvas`, () => {
    const image = imageOf(golden);
    const video = {videoWidth: golden.width, videoHeight: 1};
    let small;
    const context = {
      drawImage: (_, sx, sy, sw, sh, dx, dy, dw, dh) => {
        assert.deepEqual([sx, sy, sw, dx, dy], [0, 0, golden.width, 0, 0]);
        small = shrink(image, dw, dh, sh);
      },
      getImageData: () => small,
    };
    assert.deepEqual(readStamp(context, video), want);
    assert.deepEqual([small.width, small.height], [STAMP_CANVAS.width, STAMP_CANVAS.height]);
  });

  test(`${golden.name}: a wrong block is noticed`, () => {
    const image = imageOf(golden);
    const column = 40, b = golden.width / 64;
    for (let y = 0; y < golden.height; y++) {
      for (let x = Math.floor(column * b); x < Math.floor((column + 1) * b); x++) {
        for (let c = 0; c < 3; c++) image.data[(y * image.width + x) * 4 + c] ^= 0xff;
      }
    }
    assert.equal(decodeStamp(image), null);
  });
}

test('a plain, a small and a short picture hold no stamp', () => {
  const plain = (width, height) => ({data: new Uint8ClampedArray(width * height * 4).fill(90), width, height});
  assert.equal(decodeStamp(plain(256, 10)), null);
  assert.equal(decodeStamp(plain(64, 10)), null);
  assert.equal(decodeStamp(plain(256, 4)), null);
  assert.equal(readStamp({}, {videoWidth: 0}), null);
});

test('camera names hash as in C++', () => {
  assert.equal(cameraHash('front'), 0x9b);
  assert.notEqual(cameraHash('front'), cameraHash('rear'));
});
