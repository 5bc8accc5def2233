// The golden signaling messages against the schema and against the page's own codec. src/protocol/golden_test.cpp holds
// the C++ codec against the same files. Run: node --test tests/conformance/protocol_test.mjs

import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import * as page from '../../web/js/protocol.js';
import {faults} from './json_schema.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const schema = readJson(here('../../docs/protocol.schema.json'));
const goldens = readdirSync(here('protocol'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({name, ...readJson(here(`protocol/${name}`))}));
const right = goldens.filter((golden) => !golden.error);
const wrong = goldens.filter((golden) => golden.error);

const schemaFaults = (golden, message) => faults(schema, schema.$defs[golden.direction], message);
const pageReads = (golden, text) => (golden.direction === 'fromServer' ? page.decode(text) : page.decodeFromPeer(text));
const wireText = (golden) => golden.text ?? JSON.stringify(golden.wire);
const parsed = (text) => {
  try {
    return {value: JSON.parse(text)};
  } catch {
    return undefined;
  }
};

test('there are files of both kinds, and each says where it comes from', () => {
  assert.ok(right.length > 40 && wrong.length > 40, `${right.length} right, ${wrong.length} wrong`);
  for (const golden of goldens) {
    assert.match(golden.direction, /^(fromPeer|fromServer)$/, golden.name);
    assert.match(golden.version, /^(1\.0|1\.1|ours)$/, golden.name);
    assert.match(golden.cites, /gst-plugins-rs|gstwebrtc-api|^ours: |^a newer peer|^what a broken or hostile/, golden.name);
  }
});

test('what is right fits the schema, as it was read and as we write it', () => {
  for (const golden of right) {
    assert.deepEqual(schemaFaults(golden, golden.wire), [], golden.name);
    if (golden.written) assert.deepEqual(schemaFaults(golden, golden.written), [], golden.name);
  }
});

test('what is wrong does not fit the schema', () => {
  for (const golden of wrong) {
    const json = parsed(wireText(golden));
    if (!json || golden.javascript?.startsWith('JSON.parse')) continue;
    assert.equal(schemaFaults(golden, json.value).length > 0, !golden.schema, golden.name);
  }
});

test('every message of the schema has a golden file', () => {
  for (const direction of ['fromPeer', 'fromServer']) {
    for (const {$ref} of schema.$defs[direction].oneOf) {
      const message = schema.$defs[$ref.split('/').at(-1)];
      const found = right.some((golden) => golden.direction === direction && faults(schema, message, golden.wire).length === 0);
      assert.ok(found, `${direction} ${$ref}`);
    }
  }
});

test('the page reads what is right', () => {
  for (const golden of right) assert.deepEqual(pageReads(golden, wireText(golden)), golden.wire, golden.name);
});

test('the page refuses what is wrong with the same code as the server', () => {
  for (const golden of wrong) {
    if (golden.javascript) {
      pageReads(golden, wireText(golden));  // the file says that it is taken: if that changes, the file is stale
      continue;
    }
    assert.throws(() => pageReads(golden, wireText(golden)), {code: golden.error}, golden.name);
  }
});

test('what the page writes is what it was given, and fits the schema', () => {
  for (const golden of right.filter((file) => file.direction === 'fromPeer')) {
    const written = JSON.parse(page.encode(golden.wire));
    assert.deepEqual(written, golden.wire, golden.name);
    assert.deepEqual(schemaFaults(golden, written), [], golden.name);
  }
});

const documentText = readFileSync(here('../../docs/protocol.md'), 'utf8');
const sourcesOf = (room) =>
  readdirSync(here(`../../src/${room}`))
    .filter((name) => name.endsWith('.cpp') && !name.endsWith('_test.cpp'))
    .map((name) => readFileSync(here(`../../src/${room}/${name}`), 'utf8'))
    .join('\n');
const documented = (row) => documentText.includes(`\n| \`${row}\` |`);

test('the document has a row for every message', () => {
  for (const direction of ['fromPeer', 'fromServer'])
    for (const {$ref} of schema.$defs[direction].oneOf) {
      const {const: type} = schema.$defs[$ref.split('/').at(-1)].properties.type;
      assert.ok(documented(type), type);
    }
});

test('the document has a row for every error code that the server and the codec give, and no other', () => {
  const given = new Set();
  for (const [, code] of sourcesOf('protocol').matchAll(/(?:refuse|blame)\("([a-z-]+)"/g)) given.add(code);
  for (const [, code] of sourcesOf('server').matchAll(/refuse\(\w+,\s*"([a-z-]+)"/g)) given.add(code);
  for (const [, code] of sourcesOf('server').matchAll(/",\s*"([a-z-]+)",\s*\{\}\}\);/g)) given.add(code);
  const errors = documentText.slice(documentText.indexOf('## Errors'), documentText.indexOf('## Close codes'));
  const rows = new Set([...errors.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code));
  assert.deepEqual([...rows].sort(), [...given].sort());
});

test('the close codes that the client explains are those of the document', () => {
  const explained = [...sourcesOf('signaling').matchAll(/^ {4}\{(\d{4}), "/gm)].map(([, code]) => code);
  assert.ok(explained.length > 10);
  const codes = documentText.slice(documentText.indexOf('## Close codes'));
  for (const code of explained.filter((each) => each !== '1002')) assert.match(codes, new RegExp(`^\\| .*\\b${code}\\b`, 'm'), code);
});
