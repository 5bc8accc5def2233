import assert from 'node:assert/strict';
import {test} from 'node:test';

import {readMeta} from '../../../web/js/protocol.js';

test('what a robot says of itself is read as far as it can be used', () => {
  assert.deepEqual(readMeta({name: 'rover-7', cameras: [{name: 'front'}, {name: 'rear', more: 1}]}), {name: 'rover-7', cameras: ['front', 'rear'], passed: []});
  for (const meta of [null, undefined, 'rover', 7, [], {cameras: 'front', name: 7}]) assert.deepEqual(readMeta(meta), {name: '', cameras: [], passed: []});
  assert.deepEqual(readMeta({cameras: [null, {name: 5}, 'front', {name: 'mast'}]}).cameras, ['mast']);
  assert.deepEqual(readMeta({cameras: [{name: 'front', passedThrough: true}, {name: 'rear', passedThrough: 1}]}).passed, ['front']);
});

test('a camera whose name no message could carry can be neither asked for nor reported', () => {
  assert.deepEqual(readMeta({cameras: [{name: 'ß'.repeat(129)}, {name: 'ß'.repeat(128)}]}).cameras, ['ß'.repeat(128)]);
});
