// Every line that the programs log is an event noun.verb with key=value behind it, so that people and machines find it.
// Run: node --test tests/conformance/log_events_test.mjs

import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../src/', import.meta.url));
const sources = readdirSync(root)
  .flatMap((room) => readdirSync(root + room).map((name) => `${room}/${name}`))
  .filter((name) => /\.[ch]pp$/.test(name) && !name.endsWith('_test.cpp'));

test('every log event is noun.verb in lower case', () => {
  const call = /\blog_?(?:->|\.)(?:debug|info|warn|error)\(\s*"([^"]*)"|\(\w+\.\*level\)\(\s*"([^"]*)"/g;
  const events = sources.flatMap((name) =>
    [...readFileSync(root + name, 'utf8').matchAll(call)].map(([, plain, chosen]) => ({name, event: plain ?? chosen})));
  assert.ok(events.length > 30, `${events.length} events found`);
  for (const {name, event} of events) assert.match(event, /^[a-z]+(\.[a-z_]+)+$/, name);
});
