// Reads the machine-readable stamp of a `test:` picture (docs/stamp.md), for tests and measurements: the page itself needs none. The
// C++ side is src/media/stamp.cpp.

const COLUMNS = 64;
const BITS = 128;
const MARK = 0xb6;
const CONTRAST_MIN = 40;
const WIDTH_MIN = 128;

/**
 * @typedef {object} Stamp
 * @property {number} frame    counts up by one a drawn picture
 * @property {number} drawnUs  when it was drawn, microseconds of UTC
 * @property {number} camera   cameraHash of the camera's name
 */

/** Rows from the top that the stamp takes at this width. @param {number} width */
export function stampRows(width) {
  return Math.ceil((3 * width) / 80);
}

/** Eight bits that tell the cameras of one robot apart (FNV-1a, folded). @param {string} name */
export function cameraHash(name) {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  hash ^= hash >>> 16;
  return (hash ^ (hash >>> 8)) & 0xff;
}

/** CRC-16/CCITT-FALSE. @param {Uint8Array} bytes */
function crc16(bytes) {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff) >>> 0;
  }
  return crc;
}

/**
 * The mean of a block's inner half: what scaling and blur at its edges leave alone.
 * @param {{data: Uint8ClampedArray | Uint8Array, width: number}} image
 * @param {number} row @param {number} column
 */
function blockMean({data, width}, row, column) {
  const left = Math.floor((width * (4 * column + 1)) / 256);
  const right = Math.max(left + 1, Math.floor((width * (4 * column + 3)) / 256));
  const top = Math.floor((width * (9 + 20 * row)) / 1280);
  const bottom = Math.max(top + 1, Math.floor((width * (19 + 20 * row)) / 1280));
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) sum += data[(y * width + x) * 4 + 1]; // black and white: green says it all
  }
  return sum / ((bottom - top) * (right - left));
}

/**
 * Halfway between the mark's black and white blocks; null without enough contrast.
 * @param {number[]} means
 */
function threshold(means) {
  /** @type {number[]} */ const light = [];
  /** @type {number[]} */ const dark = [];
  for (let bit = 0; bit < 8; bit++) ((MARK >> (7 - bit)) & 1 ? light : dark).push(means[bit]);
  const mean = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0) / values.length;
  return mean(light) - mean(dark) < CONTRAST_MIN ? null : (mean(light) + mean(dark)) / 2;
}

/**
 * Reads the stamp from RGBA rows that begin at the picture's top left; null when there is none or it is damaged.
 * @param {{data: Uint8ClampedArray | Uint8Array, width: number, height: number}} image ImageData, or the like
 * @returns {Stamp | null}
 */
export function decodeStamp(image) {
  if (image.width < WIDTH_MIN || image.height < Math.floor((11 * image.width) / 320)) return null;
  const means = Array.from({length: BITS}, (_, bit) => blockMean(image, Math.floor(bit / COLUMNS), bit % COLUMNS));
  const level = threshold(means);
  if (level === null) return null;
  const payload = new Uint8Array(BITS / 8);
  means.forEach((mean, bit) => {
    if (mean > level) payload[bit >> 3] |= 0x80 >> (bit & 7);
  });
  const view = new DataView(payload.buffer);
  if (payload[0] !== MARK || view.getUint16(14) !== crc16(payload.subarray(1, 14))) return null;
  return {
    frame: view.getUint32(1),
    drawnUs: view.getUint32(5) * 2 ** 32 + view.getUint32(9), // exact until the year 2255
    camera: payload[13],
  };
}

const CANVAS_WIDTH = 256; // four pixels a block: cheap to read back, still safe at 300 kbit/s
export const STAMP_CANVAS = {width: CANVAS_WIDTH, height: stampRows(CANVAS_WIDTH)};

/**
 * Reads the stamp of the picture a <video> shows now, through a small canvas of STAMP_CANVAS size made with
 * {willReadFrequently: true}.
 * @param {CanvasRenderingContext2D} context
 * @param {HTMLVideoElement} video
 * @returns {Stamp | null}
 */
export function readStamp(context, video) {
  const {width, height} = STAMP_CANVAS;
  if (!video.videoWidth) return null;
  context.drawImage(video, 0, 0, video.videoWidth, (height * video.videoWidth) / width, 0, 0, width, height);
  return decodeStamp(context.getImageData(0, 0, width, height));
}
