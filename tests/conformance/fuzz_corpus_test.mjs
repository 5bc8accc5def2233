// Every fuzz target begins from seeds: src/ROOM/NAME_fuzz.cpp has a folder tests/fuzz/corpus/NAME_fuzz that is not
// empty, and no folder is left of a target that is gone. Run: node --test tests/conformance/fuzz_corpus_test.mjs

import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const list = (path) => readdirSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));

test('every fuzz target has seeds, and every seed a target', () => {
  const targets = list('src').flatMap((room) => list(`src/${room}`))
    .filter((name) => name.endsWith('_fuzz.cpp'))
    .map((name) => name.replace('.cpp', ''));
  const corpora = list('tests/fuzz/corpus');
  assert.deepEqual([...corpora].sort(), [...targets].sort());
  for (const target of corpora) assert.ok(list(`tests/fuzz/corpus/${target}`).length > 0, target);
});
