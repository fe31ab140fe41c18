// The same cases as tests/test_numerals.py.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as numbers from '../../assets/js/numbers.js';

const cases = JSON.parse(readFileSync(new URL('../data/numbers.json', import.meta.url)));

for (const [kind, table] of Object.entries(cases))
  test(`${kind} as in the server's sentences`, () => {
    for (const [value, text] of table) assert.equal(numbers[kind](value), text, `${kind}(${value})`);
  });

test('a running number keeps three digits', () => {
  for (const [value, text] of [
    [80, '80.0'],
    [0.037, '0.0370'],
    [100, '100'],
  ])
    assert.equal(numbers.steady(value), text);
});
