import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Silence} from '../../../web/js/silence.js';

test('silence lasts since the last look that found something new', () => {
  const silence = new Silence(0);
  assert.ok(silence.counted(500, 1000));
  assert.ok(!silence.counted(1000, 1000));
  assert.ok(!silence.counted(1500, 1000));
  assert.equal(silence.ms(1700), 1200);
  assert.ok(silence.counted(2000, 1001));
  assert.equal(silence.ms(2000), 0);
});

test('a page that stood still did not listen: of that time one look counts', () => {
  const silence = new Silence(0);
  silence.counted(500, 1000);
  silence.counted(3500, 1000);
  assert.equal(silence.ms(3500), 1000);
  silence.counted(4000, 1000);
  assert.equal(silence.ms(4000), 1500, 'it listens again, and still nothing comes');
});

test('the slow clock of a hidden tab counts in full', () => {
  const silence = new Silence(0);
  silence.counted(1000, 1000);
  for (const now of [2000, 3000]) silence.counted(now, 1000);
  assert.equal(silence.ms(3000), 2000);
});

test('of another path nothing is known', () => {
  const silence = new Silence(0);
  silence.counted(500, 1000);
  silence.reset(5000);
  assert.equal(silence.ms(5200), 200);
  assert.ok(silence.counted(5500, 1000), 'its counter begins anew');
});
