import assert from 'node:assert/strict';
import {test} from 'node:test';

import {pathOf, placeOf, socketUrl} from '../../../web/js/place.js';
import {snapshotName} from '../../../web/js/snapshot.js';

test('addresses open the list, a robot, a camera', () => {
  assert.deepEqual(placeOf('/', '/'), {robot: null, camera: null});
  assert.deepEqual(placeOf('/r/rover-7', '/'), {robot: 'rover-7', camera: null});
  assert.deepEqual(placeOf('/r/rover-7/', '/'), {robot: 'rover-7', camera: null});
  assert.deepEqual(placeOf('/r/rover-7/front', '/'), {robot: 'rover-7', camera: 'front'});
  assert.deepEqual(placeOf('/elsewhere', '/'), {robot: null, camera: null});
});

test('names may hold anything, and addresses that are no URL text are taken as they are', () => {
  for (const robot of ['a/b', 'Rover 7', 'r%', 'größe', '?#']) {
    assert.deepEqual(placeOf(pathOf({robot, camera: robot}, '/'), '/'), {robot, camera: robot});
  }
  assert.deepEqual(placeOf('/r/50%', '/'), {robot: '50%', camera: null});
});

test('a proxy may put the pages under a prefix', () => {
  assert.deepEqual(placeOf('/fleet/r/rover-7', '/fleet/'), {robot: 'rover-7', camera: null});
  assert.equal(pathOf({robot: 'rover-7', camera: null}, '/fleet/'), '/fleet/r/rover-7');
  assert.equal(socketUrl({protocol: 'https:', host: 'example.org'}, '/fleet/'), 'wss://example.org/fleet/ws');
  assert.equal(socketUrl({protocol: 'http:', host: '192.0.2.7:8080'}, '/'), 'ws://192.0.2.7:8080/ws');
});

test('a saved picture is named robot, camera, time, in letters every file system takes', () => {
  const now = new Date(2026, 2, 4, 5, 6, 7);
  assert.equal(snapshotName('rover-7', 'front', now), 'rover-7-front-2026-03-04T05-06-07.png');
  assert.equal(snapshotName('a/b:c', '', now), 'a_b_c-2026-03-04T05-06-07.png');
});
