// Every line that the programs log is an event noun.verb with key=value behind it, so that people and machines find it,
// and docs/logs.md lists each with its level and its fields. Run: node --test tests/conformance/log_events_test.mjs

import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const root = here('../../');
const sources = ['src', 'apps']
  .flatMap((tree) => readdirSync(root + tree).map((room) => `${tree}/${room}`))
  .flatMap((room) => readdirSync(root + room).map((name) => `${room}/${name}`))
  .filter((name) => /\.[ch]pp$/.test(name) && !name.endsWith('_test.cpp'));

/** Of the text behind an open bracket, all up to its end; brackets in strings do not count. */
function inBrackets(text) {
  let depth = 1;
  const parts = text.matchAll(/"(?:[^"\\]|\\.)*"|[()]/g);
  for (const {0: part, index} of parts) {
    if (part === '(') ++depth;
    if (part === ')' && --depth === 0) return text.slice(0, index);
  }
  return text;
}

/** `log_.warn("a.b", {{"why", …}})` as {event, level, fields}. What is repeated says its level one line above. */
function eventsOf(text) {
  const call = /\blog_?(?:->|\.)(debug|info|warn|error)\(|\(\w+\.\*level\)\(|\bput\(LogLevel::(\w+), /g;
  return [...text.matchAll(call)].flatMap((match) => {
    const words = inBrackets(text.slice(match.index + match[0].length));
    const event = words.match(/^\s*"([^"]*)"/)?.[1];
    if (event === undefined) return [];
    const chosen = text.slice(0, match.index).match(/[^]*\? &Log::(\w+) : &Log::(\w+);/);
    const level = match[1] ?? match[2] ?? `${chosen[1]}, repeated ${chosen[2]}`;
    return [{event, level, fields: [...words.matchAll(/\{\s*"(\w+)",/g)].map(([, key]) => key)}];
  });
}

const logged = sources.flatMap((name) => eventsOf(readFileSync(root + name, 'utf8')).map((event) => ({name, ...event})));
const listed = [...readFileSync(here('../../docs/logs.md'), 'utf8').matchAll(/^\| `([a-z]+\.[a-z_.]+)` \| ([a-z, ]+) \|([^|]*)\|/gm)]
  .map(([, event, level, fields]) => ({event, level, fields: [...fields.matchAll(/`(\w+)`/g)].map(([, key]) => key)}));

test('every log event is noun.verb in lower case', () => {
  assert.ok(logged.length > 40, `${logged.length} events found`);
  for (const {name, event} of logged) assert.match(event, /^[a-z]+(\.[a-z_]+)+$/, name);
});

test('docs/logs.md lists every event with its level and its fields, and no other', () => {
  const rows = (events) => [...new Set(events.map(({event, level, fields}) => `${event} | ${level} | ${fields.join(', ')}`))].sort();
  assert.deepEqual(rows(listed), rows(logged));
});

test('no line is logged in a way that the list does not see', () => {
  const known = new Set(logged.map(({event}) => event));
  for (const name of sources)
    for (const [, event] of readFileSync(root + name, 'utf8').matchAll(/\(\s*"([a-z]+\.[a-z_]+)",\s*\{\{"/g)) assert.ok(known.has(event), `${name}: ${event}`);
});
