// The page's side of the channel `clock` and of the delay it gives, against tests/conformance/clock. The C++ tests of
// src/latency read the same files. Run: node --test tests/conformance/clock_test.mjs

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {ClockEstimator} from '../../web/js/clock_estimator.js';
import {decodePong, decodeStagesAnswer, encodePing, encodeStagesQuestion} from '../../web/js/clock_message.js';
import {clockedDelay, delayGrade} from '../../web/js/latency.js';
import {delayWords} from '../../web/js/words.js';

const read = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const golden = (name) => JSON.parse(read(`clock/${name}.json`));
/** Half a microsecond: what a double of milliseconds since 1970 holds. */
const SAME_MS = 0.0005;

const bytesOf = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));

for (const {name, hex, message, written} of golden('messages').messages) {
  test(`message: ${name}`, () => {
    assert.deepEqual(decodePong(bytesOf(hex).buffer), message?.pong ?? null);
    if (message?.ping) assert.deepEqual(encodePing(message.ping.id), bytesOf(written ?? hex));
  });
}

// The same bytes as in src/latency/stage_message_test.cpp.
test('the question for the stages, and its answer', () => {
  assert.deepEqual(encodeStagesQuestion(258), new Uint8Array([3, 0, 0, 1, 2]));
  const camera = [2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 1, 0];
  const answer = new Uint8Array([4, 0, 0, 0, 1, 1, ...camera]);
  assert.deepEqual(decodeStagesAnswer(answer.buffer), {id: 1, before_ms: new Map([[2, 0.009]])});
  assert.deepEqual(decodeStagesAnswer(new Uint8Array([...answer, 9]).buffer)?.id, 1, 'of a later version');
  assert.deepEqual(decodeStagesAnswer(new Uint8Array([4, 0, 0, 0, 1, 0]).buffer), {id: 1, before_ms: new Map()});
  for (let size = 0; size < answer.length; size++) assert.equal(decodeStagesAnswer(answer.slice(0, size).buffer), null, `${size} bytes`);
  assert.equal(decodeStagesAnswer(new Uint8Array([4, 0, 0, 0, 1, 2, ...camera, ...camera]).buffer), null, 'one camera twice');
  for (const {hex} of golden('messages').messages) assert.equal(decodeStagesAnswer(bytesOf(hex).buffer), null, hex);
});

test('what is no ArrayBuffer is no answer', () => {
  const pong = golden('messages').messages.find(({message}) => message?.pong);
  for (const data of [null, undefined, '', pong.hex, bytesOf(pong.hex), new Blob([bytesOf(pong.hex)])]) assert.equal(decodePong(data), null);
});

const {resolution_us, scenarios} = golden('estimates');

for (const {name, events} of scenarios) {
  test(`clock: ${name}`, () => {
    const clock = new ClockEstimator(0, resolution_us / 1000);
    events.forEach((event, at) => {
      const now = event.at_us / 1000;
      const where = `event ${at}: ${JSON.stringify(event)}`;
      if ('due_us' in event) assert.equal(clock.nextDue, event.due_us / 1000, where);
      if ('ask' in event) assert.equal(clock.ask(now), event.ask, where);
      if ('pong' in event) assert.equal(clock.pong(event.pong, now), event.verdict, where);
      if (!('estimate' in event)) return;
      const seen = clock.estimate(now);
      if (event.estimate === null) return assert.equal(seen, null, where);
      for (const part of ['offset', 'error']) {
        const want = event.estimate[`${part}_us`] / 1000;
        assert.ok(Math.abs(seen[`${part}_ms`] - want) <= SAME_MS, `${where}: ${part} ${seen[`${part}_ms`]}, not ${want}`);
      }
    });
  });
}

test('a page that asks for a day without an answer keeps sixteen questions', () => {
  const clock = new ClockEstimator(0);
  for (let second = 0; second < 86400; second++) clock.ask(second * 1000);
  assert.equal(clock.questions.size, 16);
  assert.equal(clock.estimate(86400000), null);
});

test('of answers for a day few are kept, the path that grows longer in them too', () => {
  const clock = new ClockEstimator(0);
  let most = 0;
  for (let second = 0; second < 86400; second++) {
    const now = second * 1000;
    const rtt = 20 + (second % 100);
    clock.pong({id: clock.ask(now), received_us: (now + rtt / 2) * 1000, sent_us: (now + rtt / 2) * 1000}, now + rtt);
    most = Math.max(most, clock.samples.length);
  }
  assert.ok(most <= 40, String(most));
});

const {pictures, shown, colours} = golden('delays');

for (const {name, captured_us, shown_us, offset_us, error_us, delay_us, words, grade} of pictures) {
  test(`delay: ${name}`, () => {
    const delay = clockedDelay({captured_ms: captured_us / 1000, shown_ms: shown_us / 1000}, {offset_ms: offset_us / 1000, error_ms: error_us / 1000});
    assert.equal(delayWords(delay), words);
    assert.equal(delayGrade(delay), grade);
    if (delay_us === null) return assert.equal(delay, null);
    assert.ok(Math.abs(delay.ms - delay_us / 1000) <= SAME_MS, `${delay.ms}`);
    assert.equal(delay.error_ms, error_us / 1000);
    assert.equal(delay.estimated, false);
  });
}

test('every delay reads alike, and is of the same grade', () => {
  for (const {delay, words, grade} of shown) {
    assert.equal(delayWords(delay), words);
    assert.equal(delayGrade(delay), grade);
  }
});

test('the colours are those of the page on a dark ground', () => {
  const dark = read('../../web/css/base.css').split('prefers-color-scheme: dark')[1].split('}')[0];
  for (const {css, colour} of colours) assert.match(dark, new RegExp(`${css}: ${colour};`));
});
