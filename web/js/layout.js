// How the cameras of one robot stand on the page: one large with the others small beside it, all side by side, or one
// alone. The choice is kept for the next visit.

/** @typedef {'large' | 'grid' | 'alone'} Layout */

/** In the order in which the button goes through them. @type {Record<Layout, string>} */
export const LAYOUT_WORDS = {large: 'One large', grid: 'Side by side', alone: 'One alone'};
const LAYOUTS = /** @type {Layout[]} */ (Object.keys(LAYOUT_WORDS));
const KEPT_AS = 'bigfoot.layout';

/** @param {Layout} layout @returns {Layout} */
export function nextLayout(layout) {
  return LAYOUTS[(LAYOUTS.indexOf(layout) + 1) % LAYOUTS.length];
}

/** Is that camera's picture on the page? @param {Layout} layout @param {number} at @param {number} chosen */
export function isSeen(layout, at, chosen) {
  return layout !== 'alone' || at === chosen;
}

/** A browser may forbid a page to keep anything: then every visit begins as the first did. @returns {Layout} */
export function keptLayout() {
  try {
    const kept = localStorage.getItem(KEPT_AS);
    return LAYOUTS.find((layout) => layout === kept) ?? 'large';
  } catch {
    return 'large';
  }
}

/** @param {Layout} layout */
export function keepLayout(layout) {
  try {
    localStorage.setItem(KEPT_AS, layout);
  } catch {
    // See keptLayout().
  }
}

/**
 * Equal pictures of 16:9, as large as fit: in how many columns, and how wide each.
 * @param {number} count @param {number} width of what they stand in @param {number} height @param {number} gap between two
 * @returns {{columns: number, width: number}}
 */
export function gridOf(count, width, height, gap) {
  let best = {columns: 1, width: 0};
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - gap * (columns - 1)) / columns;
    const byHeight = (((height - gap * (rows - 1)) / rows) * 16) / 9;
    const fits = Math.max(0, Math.floor(Math.min(byWidth, byHeight)));
    if (fits > best.width) best = {columns, width: fits};
  }
  return best;
}
