// Where the time of pictures goes once they are here, as far as a browser tells. Its counters (getStats) are sums over all pictures,
// so means; of each picture that is presented requestVideoFrameCallback tells when its last packet had come. What it never tells is
// how long a picture was on its way: `network` is not known here.

/** @typedef {import('./protocol.js').Stages} Stages */

/**
 * @typedef {object} Spent means since the last report, in ms; null where the browser does not count it
 * @property {number | null} assembly from the first packet to the last
 * @property {number | null} processing from the first packet to the decoded picture
 * @property {number | null} decode
 */

/**
 * @param {Spent} spent
 * @param {number | null} presented_ms from the last packet until it is presented, the median of the last second
 * @returns {Stages} what is known of them
 */
export function stages({assembly, processing, decode}, presented_ms) {
  /** @type {Stages} */
  const known = {};
  if (assembly !== null) known.reassembly = assembly;
  if (decode !== null) known.decode = decode;
  if (assembly === null || processing === null || decode === null) return known;
  known.wait = Math.max(0, processing - assembly - decode);
  if (presented_ms !== null) known.display = Math.max(0, presented_ms - known.wait - decode);
  return known;
}
