import assert from 'node:assert/strict';
import {test} from 'node:test';

import {stages} from '../../../web/js/stages.js';

test('what a browser tells of a picture that is here divides its time', () => {
  assert.deepEqual(stages({assembly: 1, processing: 4, decode: 2.5}, 12, 31), {network: 30, reassembly: 1, wait: 0.5, decode: 2.5, display: 9});
});

test('what it does not tell is not guessed', () => {
  assert.deepEqual(stages({assembly: null, processing: null, decode: null}, 12, 31), {});
  assert.deepEqual(stages({assembly: null, processing: 4, decode: 2.5}, 12, 31), {decode: 2.5}, 'wait and assembly cannot be told apart');
  assert.deepEqual(stages({assembly: 1, processing: 4, decode: 2.5}, null, null), {reassembly: 1, wait: 0.5, decode: 2.5});
});

test('means and medians that do not fit together give no time below nothing', () => {
  assert.deepEqual(stages({assembly: 2, processing: 4, decode: 2.5}, 1, 1.5), {network: 0, reassembly: 2, wait: 0, decode: 2.5, display: 0});
});
