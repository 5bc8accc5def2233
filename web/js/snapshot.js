// The shown picture as a file, in its own size.

/**
 * "rover-7-front-2026-03-14T14-02-07.png": sorts by time, and every file system takes it.
 * @param {string} robot @param {string} camera @param {Date} now
 */
export function snapshotName(robot, camera, now) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
  const safe = (/** @type {string} */ name) => name.replace(/[^\p{L}\p{N}._-]+/gu, '_');
  return `${[robot, camera].filter(Boolean).map(safe).join('-')}-${day}T${time}.png`;
}

/** @param {HTMLVideoElement} video @param {string} name of the file @returns {Promise<boolean>} false: there is no picture */
export async function saveSnapshot(video, name) {
  if (!video.videoWidth) return false;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  /** @type {Blob | null} */
  const file = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  if (!file) return false;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return true;
}
