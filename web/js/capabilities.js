// What this browser lacks, said at once and in words instead of a black picture.

/** @typedef {{pill: string, title: string, advice: string}} Missing */

/**
 * @param {object} browser
 * @param {string[] | null} browser.codecs MIME types it can receive; null: no WebRTC at all
 * @param {string} browser.userAgent
 * @returns {Missing | null}
 */
export function missing({codecs, userAgent}) {
  if (codecs === null)
    return {
      pill: 'No WebRTC', title: 'This browser cannot receive live video',
      advice: 'WebRTC is missing or switched off. Open this page in a current Chromium, Chrome, Edge, Firefox or Safari.',
    };
  if (codecs.some((mime) => mime.toLowerCase() === 'video/h264')) return null;
  const firefox = /firefox/i.test(userAgent);
  return {
    pill: 'No H.264', title: 'This browser cannot show H.264 video',
    advice: firefox ?
      'Firefox needs its OpenH264 plug-in for this, and it is not there: look under Add-ons, Plugins. Or open this page in Chromium, Chrome, Edge or Safari.' :
      'The robot sends H.264. Open this page in Chromium, Chrome, Edge or Safari.',
  };
}

/** @returns {Missing | null} of the browser we run in */
export function missingHere() {
  const known = globalThis.RTCRtpReceiver?.getCapabilities?.('video');
  const codecs = typeof RTCPeerConnection === 'undefined' ? null : known ? known.codecs.map((codec) => codec.mimeType) : ['video/H264'];
  return missing({codecs, userAgent: navigator.userAgent});
}
