// The messages of the data channel `clock` (docs/clock.md); the C++ side is src/latency/clock_message.cpp.

/** The channel that a page opens: late answers say little, so nothing is repeated or waited for. */
export const CLOCK_CHANNEL = 'clock';
/** @type {RTCDataChannelInit} */
export const CLOCK_CHANNEL_OPTIONS = {ordered: false, maxRetransmits: 0};

const PING = 1;
const PONG = 2;
const PING_BYTES = 5;
const PONG_BYTES = 21;
/** Until the year 2112. */
const TIME_US_END = 2 ** 52;

/**
 * @typedef {object} Pong
 * @property {number} id of the question
 * @property {number} received_us when it came, by the robot's clock, since 1970
 * @property {number} sent_us when the answer left
 */

/** @param {number} id 32 bits @returns {Uint8Array<ArrayBuffer>} */
export function encodePing(id) {
  const view = new DataView(new ArrayBuffer(PING_BYTES));
  view.setUint8(0, PING);
  view.setUint32(1, id);
  return new Uint8Array(view.buffer);
}

/**
 * What stands behind the known fields is of a later version, and is left alone.
 * @param {unknown} data of a MessageEvent; a channel's binaryType has to be "arraybuffer"
 * @returns {Pong | null} null for another kind, what is too short, and times that no clock has
 */
export function decodePong(data) {
  if (!(data instanceof ArrayBuffer) || data.byteLength < PONG_BYTES) return null;
  const view = new DataView(data);
  if (view.getUint8(0) !== PONG) return null;
  const time_us = (/** @type {number} */ at) => view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  const pong = {id: view.getUint32(1), received_us: time_us(5), sent_us: time_us(13)};
  return pong.received_us < TIME_US_END && pong.sent_us < TIME_US_END ? pong : null;
}
