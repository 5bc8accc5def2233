import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Freshness} from '../../../web/js/freshness.js';

test('before the first frame it waits, and is not frozen', () => {
  const picture = new Freshness(1000).picture(9000);
  assert.deepEqual(picture, {state: 'waiting', age_ms: 8000});
});

test('frozen 300 ms after the last new frame, not before, and fresh with the next one', () => {
  const freshness = new Freshness(0);
  freshness.shown(1000, 1);
  assert.equal(freshness.picture(1299).state, 'fresh');
  assert.deepEqual(freshness.picture(1300), {state: 'frozen', age_ms: 300});
  assert.deepEqual(freshness.picture(1800), {state: 'frozen', age_ms: 800});
  freshness.shown(1810, 2);
  assert.equal(freshness.picture(1811).state, 'fresh');
});

test('the same frame painted again is not new', () => {
  const freshness = new Freshness(0);
  freshness.shown(1000, 90000);
  freshness.shown(1250, 90000);
  assert.equal(freshness.picture(1400).state, 'frozen');
});

test('a hidden tab is judged by the decoder: growing counts are new, standing ones are not', () => {
  const freshness = new Freshness(0);
  freshness.shown(1000, 1);
  freshness.setHidden(true, 1010);
  freshness.counted(2000, 30);
  freshness.counted(3000, 60);
  assert.equal(freshness.picture(3900).state, 'fresh');
  freshness.counted(4000, 60);
  freshness.counted(5000, 60);
  freshness.counted(6000, 60);
  assert.deepEqual(freshness.picture(6000), {state: 'frozen', age_ms: 3000});
});

test('the first count of a hidden tab proves nothing: it may be as old as the tab', () => {
  const freshness = new Freshness(0);
  freshness.setHidden(true, 0);
  freshness.counted(1000, 500);
  assert.equal(freshness.picture(1000).state, 'waiting');
});

test('back in sight: a picture that was frozen stays so, one that was moving has one limit to show a frame', () => {
  const frozen = new Freshness(0);
  frozen.shown(0, 1);
  frozen.setHidden(true, 10);
  frozen.setHidden(false, 60000);
  assert.equal(frozen.picture(60000).state, 'frozen');

  const moving = new Freshness(0);
  moving.shown(0, 1);
  moving.setHidden(true, 10);
  moving.counted(500, 1);
  moving.counted(1500, 31);
  moving.setHidden(false, 2400);
  assert.equal(moving.picture(2500).state, 'fresh');
  assert.equal(moving.picture(2700).state, 'frozen');
});

test('a new stream begins with nothing', () => {
  const freshness = new Freshness(0);
  freshness.shown(1000, 1);
  freshness.reset(2000);
  assert.equal(freshness.picture(5000).state, 'waiting');
});
