// Which view an address opens, and the address of a view. All paths hang below `base`, so a proxy may put the pages
// under any prefix.

/** @typedef {{robot: string | null, camera: string | null}} Place robot null: the list */

/** Where the pages lie: the folder above js/. "/" or "/prefix/". */
export const base = new URL('..', import.meta.url).pathname;

/** @param {string} path @param {string} [root] @returns {Place} */
export function placeOf(path, root = base) {
  const rest = path.startsWith(root) ? path.slice(root.length) : '';
  const [first, robot, camera] = rest.split('/').map(decode);
  return first === 'r' && robot ? {robot, camera: camera || null} : {robot: null, camera: null};
}

/** @param {Place} place @param {string} [root] @returns {string} */
export function pathOf({robot, camera}, root = base) {
  if (!robot) return root;
  return `${root}r/${encodeURIComponent(robot)}${camera ? `/${encodeURIComponent(camera)}` : ''}`;
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @param {Location} location @param {string} [root] @returns {string} of the signaling socket */
export function socketUrl(location, root = base) {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${root}ws`;
}
