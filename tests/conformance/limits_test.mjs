// The limits of limits.json against the schema, the document and the page's own codec. src/protocol/limits_test.cpp
// holds the C++ codec against the same file. Run: node --test tests/conformance/limits_test.mjs

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import * as page from '../../web/js/protocol.js';
import {faults} from './json_schema.mjs';

const read = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const {limits, fields} = JSON.parse(read('limits.json'));
const schema = JSON.parse(read('../../docs/protocol.schema.json'));
const documentText = read('../../docs/protocol.md');

const nested = (levels) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
/** @type {Record<string, (size: number, row: any) => unknown>} what stands for `@` */
const fill = {
  bytes: (size) => 'x'.repeat(size),
  'quoted bytes': (size) => 'x'.repeat(size - 2),
  message: (size, row) => 'x'.repeat(size - JSON.stringify(row.wire).length + 1),
  levels: (size, row) => nested(size - (row.outside ?? 0)),
  entries: (size, row) => Array(size).fill(row.entry),
  number: (size) => size,
};
const messageOf = (row, size) => {
  const value = fill[limits[row.limit].of](size, row);
  return JSON.parse(JSON.stringify(row.wire), (_, part) => (part === '@' ? value : part));
};
const pageReads = (row, message) => (row.direction === 'fromServer' ? page.decode : page.decodeFromPeer)(JSON.stringify(message));

for (const row of fields) {
  const {most, code, schema: notInSchema, javascript: notInPage} = limits[row.limit];
  const what = `${row.limit}: ${row.direction} ${row.wire.type} ${row.names}`;

  test(`the schema knows ${what}`, () => {
    const check = (size) => faults(schema, schema.$defs[row.direction], messageOf(row, size));
    assert.deepEqual(check(most), []);
    assert.equal(check(most + 1).length > 0, !notInSchema);
  });

  test(`the page knows ${what}`, () => {
    assert.deepEqual(pageReads(row, messageOf(row, most)), messageOf(row, most));
    // Where the file says that the page takes more, it does: if that changes, the file is stale.
    if (notInPage) return void pageReads(row, messageOf(row, most + 1));
    const named = (error) => error.code === code && error.message.replace(/\[\d+\]/g, '[]').includes(row.names);
    assert.throws(() => pageReads(row, messageOf(row, most + 1)), named);
  });
}

test('a limit is in bytes of UTF-8, not in letters', () => {
  const said = (letters) => page.decode(JSON.stringify({type: 'endSession', sessionId: 'ß'.repeat(letters)}));
  said(128);
  assert.throws(() => said(129), {code: 'bad-field'});
});

test('the document has a row for every limit', () => {
  const units = {message: 'bytes', 'quoted bytes': 'bytes'};
  const worded = (most, of) => {
    if (most >= 1 << 20) return `${most / (1 << 20)} MiB`;
    if (of !== 'number' && most >= 8192) return `${most / 1024} KiB`;
    return `${most} ${of === 'number' ? 'ms' : units[of] ?? of}`;
  };
  for (const [name, {most, of}] of Object.entries(limits)) {
    const row = documentText.split('\n').find((line) => line.startsWith(`| ${name} |`));
    assert.ok(row?.startsWith(`| ${name} | ≤ ${worded(most, of)}`), `${name}: ≤ ${worded(most, of)} in ${row}`);
  }
});
