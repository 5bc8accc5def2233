import assert from 'node:assert/strict';
import {test} from 'node:test';

import {missing} from '../../../web/js/capabilities.js';
import {initial} from '../../../web/js/session_state.js';
import {age, delayWords, since, words} from '../../../web/js/words.js';

const NOW = new Date(2026, 2, 14, 15, 30);

function say(session = {}, rest = {}) {
  return words({
    session: {...initial('rover-7'), signaling: true, ...session}, picture: {state: 'waiting', age_ms: 0}, paused: false, delay: null, blocked: false,
    missing: null, sleepy: false, waiting_ms: 0, now: NOW, ...rest,
  });
}

test('live, with the delay where it is known', () => {
  const picture = {state: 'fresh', age_ms: 20};
  assert.equal(say({phase: 'live'}, {picture, delay: {ms: 83.6, estimated: false}}).pill, 'Live · 84 ms');
  assert.equal(say({phase: 'live'}, {picture, delay: {ms: 83.6, estimated: true}}).pill, 'Live · ≈ 84 ms');
  assert.equal(say({phase: 'live'}, {picture, delay: {ms: 83.6, estimated: false, error_ms: 24.2}}).pill, 'Live · 84 ± 25 ms');
  assert.equal(say({phase: 'live'}, {picture}).pill, 'Live · —');
});

test('a live picture without signaling stays live and says so', () => {
  const seen = say({phase: 'live', signaling: false}, {picture: {state: 'fresh', age_ms: 20}});
  assert.equal(seen.kind, 'live');
  assert.equal(seen.hint, 'Signaling lost, picture is live');
});

test('what the robot or the server said is passed on while there is no picture', () => {
  assert.equal(say({phase: 'waiting', details: 'there is no camera "front"'}).advice, 'there is no camera "front"');
});

test('a page that cannot keep the screen on says so while it is live', () => {
  const picture = {state: 'fresh', age_ms: 20};
  assert.match(say({phase: 'live'}, {picture, sleepy: true}).hint, /https/);
  assert.equal(say({phase: 'live', signaling: false}, {picture, sleepy: true}).hint, 'Signaling lost, picture is live');
});

test('paused is neither live nor frozen; only without the server it takes long enough to need words', () => {
  for (const picture of [{state: 'waiting', age_ms: 100}, {state: 'frozen', age_ms: 60000}]) {
    const {kind, pill, title} = say({phase: 'live'}, {picture, paused: true});
    assert.deepEqual([kind, pill, title], ['paused', 'Paused', '']);
  }
  const alone = say({phase: 'live', signaling: false}, {paused: true});
  assert.deepEqual([alone.kind, alone.title], ['paused', 'Paused']);
  assert.match(alone.advice, /as soon as the server does/);
  assert.equal(say({phase: 'offline'}, {paused: true}).kind, 'offline', 'what is worse is said');
});

test('frozen says for how long', () => {
  const seen = say({phase: 'live', everLive: true}, {picture: {state: 'frozen', age_ms: 840}});
  assert.equal(seen.title, 'FROZEN 0.8 s');
  assert.equal(seen.kind, 'frozen');
});

test('no state but live says live, whatever the phase', () => {
  for (const phase of ['server', 'asking', 'connecting', 'live', 'restarting', 'waiting', 'offline', 'unknown', 'refused']) {
    for (const picture of [{state: 'waiting', age_ms: 500}, {state: 'frozen', age_ms: 500}]) {
      for (const everLive of [true, false]) {
        const seen = say({phase, everLive}, {picture, waiting_ms: 60000});
        assert.notEqual(seen.kind, 'live');
        assert.doesNotMatch(seen.pill + seen.title + seen.hint, /live/i, phase);
        assert.notEqual(seen.title, '', phase);
      }
    }
  }
});

test('a path that is being restarted while frames still come is live', () => {
  assert.equal(say({phase: 'restarting'}, {picture: {state: 'fresh', age_ms: 5}}).kind, 'live');
});

test('the cause of a reconnection in words', () => {
  const title = (session) => say({everLive: true, ...session}, {picture: {state: 'frozen', age_ms: 900}}).title;
  assert.equal(title({phase: 'restarting', cause: 'network'}), 'Reconnecting (network changed)');
  assert.equal(title({phase: 'server', cause: 'server', signaling: false}), 'Reconnecting (server unreachable)');
  assert.equal(title({phase: 'restarting', cause: 'path'}), 'Reconnecting (connection lost)');
  assert.equal(title({phase: 'waiting', cause: 'robot'}), 'Reconnecting (robot restarted)');
});

test('connecting, until the server has not answered for a while', () => {
  assert.equal(say({phase: 'server', signaling: false}).title, 'Connecting…');
  assert.equal(say({phase: 'server', signaling: false}, {waiting_ms: 4000}).title, 'Reconnecting (server unreachable)');
  assert.equal(say({phase: 'asking'}).title, 'Connecting…');
  assert.match(say({phase: 'connecting'}, {waiting_ms: 9000}).advice, /local network/);
});

test('offline since when', () => {
  const iso = new Date(2026, 2, 14, 14, 2).toISOString();
  assert.equal(say({phase: 'offline', offlineSince: iso}).title, 'rover-7 is offline since 14:02');
  assert.equal(say({phase: 'offline', offlineSince: null}).title, 'rover-7 is offline');
});

test('unknown, refused, blocked', () => {
  assert.equal(say({phase: 'unknown'}).title, 'No robot is called rover-7');
  assert.equal(say({phase: 'refused'}).title, 'rover-7 has too many viewers');
  assert.equal(say({phase: 'live'}, {blocked: true}).title, 'Tap to start');
});

test('times of day are short, other days are named', () => {
  assert.equal(since(new Date(2026, 2, 14, 9, 5).toISOString(), NOW), '09:05');
  assert.equal(since(new Date(2026, 2, 13, 23, 59).toISOString(), NOW), 'yesterday 23:59');
  assert.equal(since(new Date(2026, 1, 3, 14, 2).toISOString(), NOW), '3 Feb 14:02');
  assert.equal(since(new Date(2025, 11, 31, 14, 2).toISOString(), NOW), '31 Dec 2025 14:02');
  assert.equal(since('not a time', NOW), '');
});

test('ages', () => {
  assert.equal(age(349), '0.3 s');
  assert.equal(age(9999), '9.9 s');
  assert.equal(age(61000), '61 s');
  assert.equal(age(600000), '10 min');
  assert.equal(age(3 * 3600000), '3 h');
});

test('an unknown delay is a dash', () => {
  assert.equal(delayWords(null), '—');
});

test('a browser without H.264 is told so, and what to do; Firefox by name', () => {
  const firefox = missing({codecs: ['video/VP8', 'video/AV1'], userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'});
  assert.match(firefox.title, /cannot show H\.264/);
  assert.match(firefox.advice, /OpenH264/);
  assert.match(missing({codecs: ['video/VP8'], userAgent: 'Other'}).advice, /Chromium/);
  assert.match(missing({codecs: null, userAgent: 'Other'}).title, /cannot receive live video/);
  assert.equal(missing({codecs: ['video/VP8', 'video/H264'], userAgent: 'Other'}), null);
  assert.equal(say({phase: 'asking'}, {missing: firefox}).kind, 'unsupported');
});
