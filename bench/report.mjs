// What the measurements share: words while they run (stderr), medians over runs, goals and whether they are met.

import {parseArgs} from 'node:util';

import {quantile} from '../tests/lab.mjs';

/** The flags of a measurement; `--help` and a flag that does not exist end it. @param {string} name @param {Record<string, string>} defaults */
export function readFlags(name, defaults) {
  const flags = {json: {type: 'boolean', default: false}, help: {type: 'boolean', default: false}};
  for (const [flag, value] of Object.entries(defaults)) flags[flag] = {type: 'string', default: value};
  const usage = `./run bench ${name} ${Object.entries(defaults).map(([flag, value]) => `[--${flag} ${value}]`).join(' ')} [--json]`;
  try {
    const {values} = parseArgs({options: flags});
    for (const [flag, value] of Object.entries(defaults)) {
      if (/^\d+$/.test(value) && !(Number(values[flag]) > 0)) throw new Error(`--${flag} ${values[flag]} is not a number above 0`);
    }
    if (!values.help) return values;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`bench: ${error.message}\n  ${usage}`);
    process.exit(2);
  }
}

/** A word to whoever waits; the result alone goes to stdout. */
export function say(text) {
  console.error(text);
}

/** The median of each figure over the runs; what is no number is the first run's. */
export function medians(rows) {
  return Object.fromEntries(Object.entries(rows[0]).map(([key, first]) => [key, typeof first === 'number' ? quantile(rows.map((row) => row[key]), 0.5) : first]));
}

/**
 * Whether figures are good enough; the process ends with 1 when one is not. What is shown is what is judged: rounded to 0.1.
 * @param {{name: string, value: number, limit: number}[]} goals in ms
 */
export function judge(goals) {
  const judged = goals.map(({name, value, limit}) => ({name, value: Math.round(value * 10) / 10, limit, pass: Math.round(value * 10) / 10 <= limit}));
  if (!judged.every(({pass}) => pass)) process.exitCode = 1;
  return judged;
}

/** One line a goal. */
export function printGoals(judged) {
  console.log('');
  for (const {name, value, limit, pass} of judged) console.log(`goal  ${name.padEnd(46)} ${value.toFixed(1).padStart(7)} ms   ≤ ${String(limit).padStart(3)} ms   ${pass ? 'pass' : 'MISS'}`);
}
