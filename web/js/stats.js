// getStats → the figures of the overlay. Pure: a report in, figures and the memory for the next report out. What is not
// known is null, and is shown as "—".

/**
 * @typedef {object} Figures
 * @property {number | null} fps
 * @property {number | null} bitrate bits per second
 * @property {number | null} rtt_ms
 * @property {number | null} loss share of packets lost on the way before repair, 0 … 1
 * @property {string | null} resolution "1280×720"
 * @property {string | null} codec "H.264"
 * @property {number | null} decoded frames, since the start
 * @property {number | null} pathBytes received on the whole path, RTCP too
 * @property {{sent_ms: number, arrived_ms: number} | null} senderReport the newest: by the robot's clock and by ours
 * @property {import('./stages.js').Spent} spent where the time of frames went, means since the last report
 *
 * @typedef {object} Memory one report's counters
 * @property {number} at ms
 * @property {number} bytes
 * @property {number} frames
 * @property {number} received
 * @property {number} lost
 * @property {number | undefined} assembly_s
 * @property {number | undefined} processing_s
 * @property {number | undefined} decode_s
 *
 * @typedef {Record<string, any> & {id: string, type: string, timestamp: number}} Entry
 */

/** Loss over one report (half a second) jumps between 0 and 10 %: it is judged over this many packets. */
const LOSS_PACKETS_MIN = 200;

/** @type {Figures} */
export const UNKNOWN = {
  fps: null, bitrate: null, rtt_ms: null, loss: null, resolution: null, codec: null, decoded: null, pathBytes: null,
  senderReport: null, spent: {assembly: null, processing: null, decode: null},
};

/**
 * @param {Iterable<Entry>} entries of one RTCStatsReport @param {string} trackId
 * @param {Memory[]} memory of earlier reports of this track, oldest first
 * @returns {{figures: Figures, memory: Memory[]}}
 */
export function figures(entries, trackId, memory) {
  const all = [...entries];
  const byId = new Map(all.map((entry) => [entry.id, entry]));
  const inbound = all.find((entry) => entry.type === 'inbound-rtp' && entry.trackIdentifier === trackId);
  const transport = all.find((entry) => entry.type === 'transport');
  const pair = selectedPair(all, byId, transport);
  const shared = {...UNKNOWN, rtt_ms: times(pair?.currentRoundTripTime, 1000), pathBytes: transport?.bytesReceived ?? pair?.bytesReceived ?? null};
  if (!inbound) return {figures: shared, memory: []};
  const now = counters(inbound);
  const last = memory.at(-1);
  const usable = last && now.at > last.at && now.bytes >= last.bytes ? last : undefined;
  const seconds = usable ? (now.at - usable.at) / 1000 : 0;
  const frames = usable ? now.frames - usable.frames : 0;
  const codec = byId.get(inbound.codecId);
  const remote = byId.get(inbound.remoteId);
  return {
    memory: usable ? [...memory.slice(-40), now] : [now],
    figures: {
      ...shared,
      fps: usable ? (inbound.framesPerSecond ?? frames / seconds) : null,
      bitrate: usable ? ((now.bytes - usable.bytes) * 8) / seconds : null,
      loss: usable ? loss(memory, now) : null,
      resolution: inbound.frameWidth ? `${inbound.frameWidth}×${inbound.frameHeight}` : null,
      codec: codec?.mimeType ? codecName(codec.mimeType) : null,
      decoded: inbound.framesDecoded ?? null,
      senderReport: remote?.remoteTimestamp ? {sent_ms: remote.remoteTimestamp, arrived_ms: remote.timestamp} : null,
      spent: {
        assembly: mean_ms(usable?.assembly_s, now.assembly_s, frames),
        processing: mean_ms(usable?.processing_s, now.processing_s, frames),
        decode: mean_ms(usable?.decode_s, now.decode_s, frames),
      },
    },
  };
}

/** @param {Entry[]} all @param {Map<string, Entry>} byId @param {Entry | undefined} transport */
function selectedPair(all, byId, transport) {
  const chosen = transport?.selectedCandidatePairId && byId.get(transport.selectedCandidatePairId);
  return chosen || all.find((entry) => entry.type === 'candidate-pair' && (entry.selected || (entry.nominated && entry.state === 'succeeded')));
}

/** @param {Entry} inbound @returns {Memory} */
function counters(inbound) {
  return {
    at: inbound.timestamp,
    bytes: inbound.bytesReceived ?? 0,
    frames: inbound.framesDecoded ?? 0,
    received: inbound.packetsReceived ?? 0,
    lost: inbound.packetsLost ?? 0,
    assembly_s: inbound.totalAssemblyTime,
    processing_s: inbound.totalProcessingDelay,
    decode_s: inbound.totalDecodeTime,
  };
}

/** @param {number | undefined} before_s @param {number | undefined} now_s @param {number} frames between them */
function mean_ms(before_s, now_s, frames) {
  return before_s === undefined || now_s === undefined || frames <= 0 ? null : ((now_s - before_s) / frames) * 1000;
}

/** @param {Memory[]} memory @param {Memory} now */
function loss(memory, now) {
  const base = memory.findLast((old) => now.received - old.received >= LOSS_PACKETS_MIN) ?? memory[0];
  const lost = now.lost - base.lost;
  const expected = now.received - base.received + lost;
  return expected > 0 ? Math.min(1, Math.max(0, lost / expected)) : null;
}

/** @param {number | undefined} value @param {number} factor */
function times(value, factor) {
  return value === undefined ? null : value * factor;
}

/** "video/H264" → "H.264". @param {string} mime */
function codecName(mime) {
  const name = mime.split('/')[1] ?? mime;
  return /^h26\d$/i.test(name) ? `H.${name.slice(1)}` : name;
}
