import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { S, change, receive, set } from '../../assets/js/state.js';

const SCRIPTS = new URL('../../assets/js/', import.meta.url);
const scripts = readdirSync(SCRIPTS, { recursive: true }).filter((name) => name.endsWith('.js'));

test('the state is read by all and written by its own functions alone', () => {
  set({ sigma: 3 });
  assert.equal(S.sigma, 3);
  assert.throws(() => {
    S.sigma = 4;
  }, TypeError);
  assert.throws(() => set({ sgima: 4 }), /no “sgima”/);
});

test('settings, parts and switches cannot be changed in place', () => {
  set({ values: { nfe: 35 } });
  receive({}, { run: {} });
  for (const inside of [S.values, S.parts, S.show, S.zoom])
    assert.throws(() => {
      inside.nfe = 1;
    }, TypeError);
});

test('a change keeps the other settings, and takes out those that are gone', () => {
  set({ values: { solver: 'rk2', 'solver.alpha': 1, nfe: 35 } });
  change({ solver: 'heun' }, (key) => key.startsWith('solver.'));
  assert.deepEqual(S.values, { solver: 'heun', nfe: 35 });
});

test('an answer is joined to what was held, and what it drops is gone', () => {
  const held = { data: { key: 1 }, error: { key: 1 } };
  receive(held, { run: { key: 2 } }, ['error']);
  assert.deepEqual(S.parts, { data: { key: 1 }, run: { key: 2 } });
  assert.equal(held.error.key, 1);
});

test('no script assigns to the state', () => {
  const writes = /\bS(\.\w+|\[[^\]]+\])+ *(\?\?|\|\||&&|[-+*/%])?=(?![=>])|delete S\b|Object\.assign\(S\b|(\+\+|--)S\./;
  for (const name of scripts) {
    if (name === 'state.js' || name === 'bundle.js') continue; // a bundle gives names of its own
    const found = readFileSync(new URL(name, SCRIPTS), 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('//') && writes.test(line));
    assert.deepEqual(found, [], name);
  }
});
