import assert from 'node:assert/strict';
import {test} from 'node:test';

import {rateWords, rows, valueWords} from '../../../web/js/figure_list.js';
import {ClockOffset, delay, Recent} from '../../../web/js/latency.js';
import {figures, UNKNOWN} from '../../../web/js/stats.js';

/** One report as Chromium writes it, at `second`, with a steady stream since 0. */
function report(second, {lost = 0, bytesPerSecond = 312500, ...more} = {}) {
  return [
    {
      id: 'I1', type: 'inbound-rtp', timestamp: second * 1000, trackIdentifier: 'track', codecId: 'C1', bytesReceived: second * bytesPerSecond,
      framesDecoded: second * 30, framesPerSecond: 30, remoteId: 'R1', packetsReceived: second * 290, packetsLost: lost, frameWidth: 1280, frameHeight: 720,
      totalProcessingDelay: second * 30 * 0.004, totalAssemblyTime: second * 30 * 0.001, totalDecodeTime: second * 30 * 0.0025, ...more,
    },
    {id: 'R1', type: 'remote-outbound-rtp', timestamp: second * 1000 - 400, remoteTimestamp: second * 1000 - 420},
    {id: 'C1', type: 'codec', timestamp: second * 1000, mimeType: 'video/H264'},
    {id: 'T1', type: 'transport', timestamp: second * 1000, selectedCandidatePairId: 'P1', bytesReceived: second * 320000},
    {id: 'P0', type: 'candidate-pair', timestamp: second * 1000, state: 'succeeded', currentRoundTripTime: 0.9},
    {id: 'P1', type: 'candidate-pair', timestamp: second * 1000, state: 'succeeded', nominated: true, currentRoundTripTime: 0.012},
  ];
}

function after(...reports) {
  let memory = [];
  let result;
  for (const entries of reports) ({figures: result, memory} = figures(entries, 'track', memory));
  return result;
}

test('the first report knows what needs no past, and nothing more', () => {
  const first = after(report(1));
  assert.equal(first.resolution, '1280×720');
  assert.equal(first.codec, 'H.264');
  assert.equal(first.rtt_ms, 12);
  assert.deepEqual(first.senderReport, {sent_ms: 580, arrived_ms: 600});
  for (const name of ['fps', 'bitrate', 'loss']) assert.equal(first[name], null, name);
  assert.deepEqual(first.spent, UNKNOWN.spent);
});

test('rates come from two reports', () => {
  const second = after(report(1), report(1.5));
  assert.equal(Math.round(second.bitrate), 2500000);
  assert.equal(second.fps, 30);
  assert.equal(second.loss, 0);
  assert.ok(Math.abs(second.spent.processing - 4) < 0.001);
  assert.ok(Math.abs(second.spent.assembly - 1) < 0.001);
  assert.ok(Math.abs(second.spent.decode - 2.5) < 0.001);
});

test('a browser without framesPerSecond is counted', () => {
  assert.equal(Math.round(after(report(1, {framesPerSecond: undefined}), report(2, {framesPerSecond: undefined})).fps), 30);
});

test('loss is judged over enough packets, not over one report', () => {
  // 10 packets lost in the last half second of 1305 received over 4.5 s: 10 of the last 290 or more.
  const reports = [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5].map((second) => report(second, {lost: second === 4.5 ? 10 : 0}));
  const {loss} = after(...reports);
  assert.ok(loss > 0.02 && loss < 0.045, String(loss));
});

test('counters that begin again (a new session) give no negative rates', () => {
  const result = after(report(5), report(5.5), report(0.5));
  assert.equal(result.bitrate, null);
  assert.equal(result.loss, null);
});

test('no report of the track: everything unknown but the path', () => {
  const {figures: none} = figures(report(1).slice(1), 'track', []);
  assert.deepEqual(none, {...UNKNOWN, rtt_ms: 12, pathBytes: 320000});
});

test('Firefox has no transport entry: the selected pair stands in', () => {
  const entries = [{id: 'p', type: 'candidate-pair', timestamp: 0, selected: true, currentRoundTripTime: 0.03, bytesReceived: 77}];
  assert.deepEqual(figures(entries, 'track', []).figures, {...UNKNOWN, rtt_ms: 30, pathBytes: 77});
});

test('the overlay reads — for what is not known', () => {
  assert.deepEqual(rows(null, null).map(([, value]) => value), ['—', '—', '—', '—', '—', '—', '—']);
  const shown = Object.fromEntries(rows(after(report(1), report(2)), {ms: 84.4, estimated: false}));
  assert.deepEqual(shown, {
    Delay: '84 ms', Frames: '30 fps', 'Bit rate': '2.5 Mbit/s', 'Round trip': '12 ms', Loss: '0.0 %', Picture: '1280×720', Codec: 'H.264',
  });
});

test('the overlay says how wrong the delay may be where that is much', () => {
  const [[, delayShown]] = rows(null, {ms: 84.4, estimated: false, error_ms: 20.4});
  assert.equal(delayShown, '84 ± 21 ms');
});

test('the overlay says when it is the camera that encodes', () => {
  assert.equal(Object.fromEntries(rows(after(report(1), report(2)), null, true)).Codec, 'H.264, passed through');
});

test('units a person reads', () => {
  assert.equal(rateWords(640400), '640 kbit/s');
  assert.equal(rateWords(12300000), '12.3 Mbit/s');
  assert.equal(valueWords(0, 'fps'), '0 fps');
});

const NOTHING = {capture_ms: null, clock: null, offset_ms: null, rtt_ms: null, playout_ms: null};

test('by the clock that the robot tells the delay is known, however far the clocks are apart', () => {
  const known = {...NOTHING, offset_ms: 77, rtt_ms: 40, playout_ms: 8};
  assert.deepEqual(delay({...known, capture_ms: -3599940, clock: {offset_ms: 3600000, error_ms: 21}}), {ms: 60, estimated: false, error_ms: 21});
});

test('what that clock makes impossible is not known: no guess stands in for it', () => {
  const known = {...NOTHING, offset_ms: 0, rtt_ms: 40, playout_ms: 8};
  assert.equal(delay({...known, capture_ms: 60, clock: {offset_ms: -90, error_ms: 21}}), null);
});

test('without answers the sender reports put the capture time right, and the delay is an estimate', () => {
  assert.deepEqual(delay({...NOTHING, capture_ms: 3600060, offset_ms: 3600000, rtt_ms: 40, playout_ms: 8}), {ms: 60, estimated: true});
  assert.deepEqual(delay({...NOTHING, capture_ms: -440, offset_ms: -500, rtt_ms: 40, playout_ms: 8}), {ms: 60, estimated: true});
});

test('what is faster than the path or older than any session is not believed', () => {
  const known = {...NOTHING, offset_ms: 0, rtt_ms: 40, playout_ms: 8};
  for (const capture_ms of [-5, 0, 10, 3600000]) assert.deepEqual(delay({...known, capture_ms}), {ms: 36, estimated: true}, String(capture_ms));
});

test('without a clock the path alone is the estimate, and without that it is unknown', () => {
  assert.deepEqual(delay({...NOTHING, capture_ms: 24, rtt_ms: 40, playout_ms: 8}), {ms: 36, estimated: true});
  assert.equal(delay(NOTHING), null);
  assert.equal(delay({...NOTHING, rtt_ms: 40}), null);
});

test('the offset of the clocks: queueing makes reports late, never early', () => {
  const clock = new ClockOffset();
  assert.equal(clock.ms, null);
  // The robot's clock is 500 ms ahead, the path takes 20 ms each way; some reports queue.
  for (const [second, queue_ms] of [[1, 30], [2, 0], [3, 4], [4, 90]])
    clock.add({sent_ms: second * 1000 + 500, arrived_ms: second * 1000 + 20 + queue_ms}, 40 + queue_ms);
  assert.equal(clock.ms, -500);
  clock.add({sent_ms: 4500, arrived_ms: 0}, 0);
  assert.equal(clock.ms, -500, 'the same report again is no news');
  for (let second = 5; second < 25; second++) clock.add({sent_ms: second * 1000, arrived_ms: second * 1000 + 20}, 40);
  assert.equal(clock.ms, 0, 'a clock that was set is believed after a while');
});

test('the median of the last second: one late frame does not move it, old ones are forgotten', () => {
  const recent = new Recent();
  for (const [at, value] of [[0, 500], [1500, 20], [1600, 22], [1700, 190], [1800, 21], [1900, 20]]) recent.add(at, value);
  assert.equal(recent.median(1950), 21);
  assert.equal(recent.median(5000), null);
});
