// Where the time of pictures goes once they are here, as far as a browser tells. Its counters (getStats) are sums over all pictures,
// so means; of each picture that is presented requestVideoFrameCallback tells when its last packet had come. When it left the robot
// follows from its capture time, the robot's clock and what the robot says of its own stages (docs/clock.md).

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
 * @param {number | null} onTheWay_ms from the first packet's leaving the robot until the last one is here, likewise
 * @returns {Stages} what is known of them
 */
export function stages({assembly, processing, decode}, presented_ms, onTheWay_ms) {
  /** @type {Stages} */
  const known = {};
  if (assembly !== null && onTheWay_ms !== null) known.network = Math.max(0, onTheWay_ms - assembly);
  if (assembly !== null) known.reassembly = assembly;
  if (decode !== null) known.decode = decode;
  if (assembly === null || processing === null || decode === null) return known;
  known.wait = Math.max(0, processing - assembly - decode);
  if (presented_ms !== null) known.display = Math.max(0, presented_ms - known.wait - decode);
  return known;
}
