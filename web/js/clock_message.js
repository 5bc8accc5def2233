// The messages of the data channel `clock` (docs/clock.md); the C++ side is src/latency/clock_message.cpp.

/** The channel that a page opens: late answers say little, so nothing is repeated or waited for. */
export const CLOCK_CHANNEL = 'clock';
/** @type {RTCDataChannelInit} */
export const CLOCK_CHANNEL_OPTIONS = {ordered: false, maxRetransmits: 0};

const PING = 1;
const PONG = 2;
const STAGES_QUESTION = 3;
const STAGES_ANSWER = 4;
const QUESTION_BYTES = 5;
const PONG_BYTES = 21;
const STAGES_BYTES = 6;
const STAGES_CAMERA_BYTES = 25;
/** Until the year 2112. */
const TIME_US_END = 2 ** 52;

/**
 * @typedef {object} Pong
 * @property {number} id of the question
 * @property {number} received_us when it came, by the robot's clock, since 1970
 * @property {number} sent_us when the answer left
 */

/** @typedef {{id: number, before_ms: Map<number, number>}} StagesAnswer by m-line: capture wait + encode + send, each its median */

/** @param {number} id 32 bits @returns {Uint8Array<ArrayBuffer>} */
export const encodePing = (id) => encodeQuestion(PING, id);

/** Where pictures spend their time before they leave the robot. @param {number} id 32 bits @returns {Uint8Array<ArrayBuffer>} */
export const encodeStagesQuestion = (id) => encodeQuestion(STAGES_QUESTION, id);

/** @param {number} kind @param {number} id @returns {Uint8Array<ArrayBuffer>} */
function encodeQuestion(kind, id) {
  const view = new DataView(new ArrayBuffer(QUESTION_BYTES));
  view.setUint8(0, kind);
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

/** @param {unknown} data as of decodePong @returns {StagesAnswer | null} */
export function decodeStagesAnswer(data) {
  if (!(data instanceof ArrayBuffer) || data.byteLength < STAGES_BYTES) return null;
  const view = new DataView(data);
  const cameras = view.getUint8(5);
  if (view.getUint8(0) !== STAGES_ANSWER || data.byteLength < STAGES_BYTES + cameras * STAGES_CAMERA_BYTES) return null;
  const before_ms = new Map();
  for (let at = STAGES_BYTES; before_ms.size < cameras; at += STAGES_CAMERA_BYTES) {
    const us = view.getUint32(at + 1) + view.getUint32(at + 9) + view.getUint32(at + 17);
    if (before_ms.has(view.getUint8(at))) return null;
    before_ms.set(view.getUint8(at), us / 1000);
  }
  return {id: view.getUint32(1), before_ms};
}
