import assert from 'node:assert/strict';
import {test} from 'node:test';

import {gridOf, isSeen, keepLayout, keptLayout, nextLayout} from '../../../web/js/layout.js';

test('the button goes through all layouts and comes back', () => {
  assert.equal(nextLayout('large'), 'grid');
  assert.equal(nextLayout('grid'), 'alone');
  assert.equal(nextLayout('alone'), 'large');
});

test('only one alone hides the others', () => {
  for (const layout of ['large', 'grid']) assert.deepEqual([0, 1, 2].map((at) => isSeen(layout, at, 1)), [true, true, true]);
  assert.deepEqual([0, 1, 2].map((at) => isSeen('alone', at, 1)), [false, true, false]);
});

test('side by side: as large as fits, in the columns that make it so', () => {
  assert.deepEqual(gridOf(2, 1264, 640, 8), {columns: 2, width: 628});
  assert.deepEqual(gridOf(2, 340, 420, 10), {columns: 1, width: 340});
  assert.deepEqual(gridOf(4, 1264, 640, 8), {columns: 2, width: 561});
  assert.deepEqual(gridOf(6, 1264, 640, 8), {columns: 3, width: 416});
  assert.equal(gridOf(1, 1600, 900, 8).width, 1600);
  for (let count = 1; count <= 12; count++) {
    const {columns, width} = gridOf(count, 900, 500, 8);
    const rows = Math.ceil(count / columns);
    assert.ok(columns * width + 8 * (columns - 1) <= 900 && (rows * width * 9) / 16 + 8 * (rows - 1) <= 500, `${count} overflow`);
  }
});

test('a window without room is no error', () => {
  assert.deepEqual(gridOf(3, -8, 0, 8), {columns: 1, width: 0});
});

/** As a browser that keeps things, one that throws at every touch, and one in which somebody else wrote. */
test('the choice is kept where the browser lets us', (t) => {
  t.after(() => delete globalThis.localStorage);
  const kept = new Map();
  const storage = {getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value)};
  const become = (value) => Object.defineProperty(globalThis, 'localStorage', {configurable: true, ...value});
  become({value: storage});
  assert.equal(keptLayout(), 'large');
  keepLayout('alone');
  assert.equal(keptLayout(), 'alone');
  kept.set('bigfoot.layout', 'sideways');
  assert.equal(keptLayout(), 'large');
  become({get() { throw new DOMException('no', 'SecurityError'); }});
  keepLayout('grid');
  assert.equal(keptLayout(), 'large');
});
