// The overlay's figures: names that stay, values that change; what is not known reads "—".

import {make, setText} from './dom.js';
import {delayGrade} from './latency.js';
import {delayWords, UNKNOWN_VALUE} from './words.js';

/** @typedef {import('./stats.js').Figures} Figures */
/** @typedef {import('./latency.js').Delay} Delay */

/** @param {number | null} bps @returns {string} */
export function rateWords(bps) {
  if (bps === null) return UNKNOWN_VALUE;
  return bps >= 995000 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bps / 1000)} kbit/s`;
}

/** @param {number | null} value @param {string} unit @param {number} [digits] @returns {string} */
export function valueWords(value, unit, digits = 0) {
  return value === null ? UNKNOWN_VALUE : `${value.toFixed(digits)} ${unit}`;
}

/**
 * @param {Figures | null} figures @param {Delay} delay @param {boolean} [passed] it is the camera's own stream
 * @returns {[string, string][]}
 */
export function rows(figures, delay, passed = false) {
  const rtt = figures?.rtt_ms ?? null;
  return [
    ['Delay', delayWords(delay)],
    ['Frames', valueWords(figures?.fps ?? null, 'fps')],
    ['Bit rate', rateWords(figures?.bitrate ?? null)],
    ['Round trip', rtt !== null && rtt < 1 ? '< 1 ms' : valueWords(rtt, 'ms')],
    ['Loss', valueWords(figures?.loss == null ? null : figures.loss * 100, '%', 1)],
    ['Picture', figures?.resolution ?? UNKNOWN_VALUE],
    ['Codec', (figures?.codec ?? UNKNOWN_VALUE) + (passed ? ', passed through' : '')],
  ];
}

export class FigureList {
  /** @param {HTMLElement} root a <dl> */
  constructor(root) {
    this.values = rows(null, null).map(([name, value]) => {
      const entry = make('div', 'figure');
      const shown = make('dd', '', value);
      entry.append(make('dt', '', name), shown);
      root.append(entry);
      return shown;
    });
  }

  /** @param {Figures | null} figures @param {Delay} delay @param {boolean} passed */
  show(figures, delay, passed) {
    rows(figures, delay, passed).forEach(([, value], at) => setText(this.values[at], value));
    this.values[0].dataset.grade = delayGrade(delay) ?? '';
  }
}
