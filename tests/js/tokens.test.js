// A browser's tokens of its trainings: one a run, gone with it, and none from a link until the server knows it.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, String(value)),
};
globalThis.history = {
  state: null,
  replaceState: (_, __, address) => {
    const at = new URL(address, 'http://here/');
    globalThis.location = { search: at.search, hash: at.hash, pathname: at.pathname };
  },
};
const { forget, keep, linked, own, tokens } = await import('../../assets/js/train/tokens.js');

beforeEach(() => {
  kept.clear();
  globalThis.history.replaceState(null, '', '/');
});

for (const address of ['/?data=moons,2&trainer=theirs&tab=train', '/?data=moons,2&tab=train#trainer=theirs'])
  test(`the token of ${address} leaves the address and overwrites nothing`, () => {
    keep('mine', 'a'.repeat(32));
    globalThis.history.replaceState(null, '', address);
    assert.equal(linked(), 'theirs');
    const { pathname, search, hash } = globalThis.location;
    assert.equal(pathname + search + hash, '/?data=moons,2&tab=train');
    assert.deepEqual(tokens(), ['a'.repeat(32)]);
    assert.equal(linked(), null);
  });

test('the owner’s token stands beside those of the runs', () => {
  keep('mine', 'a');
  own('o');
  assert.deepEqual(tokens(), ['o', 'a']);
});

test('a token goes with its run, and only with it', () => {
  keep('one', 'a');
  keep('two', 'b');
  forget([], ['two']); // begun just now: no look has shown it yet
  assert.deepEqual(tokens(), ['a', 'b']);
  forget(['one', 'two'], ['two']);
  assert.deepEqual(tokens(), ['b']);
  keep('two', 'c');
  assert.deepEqual(tokens(), ['c']);
});

test('no more are kept than a server holds', () => {
  for (let k = 0; k < 60; k += 1) keep(`run-${k}`, `${k}`);
  assert.equal(tokens().length, 40);
  assert.equal(tokens().at(-1), '59');
});

test('what is damaged counts as nothing', () => {
  for (const value of ['{', 'null', '7', '[]']) {
    kept.set('trainings', value);
    assert.deepEqual(tokens(), []);
    keep('mine', 'a');
    assert.deepEqual(tokens(), ['a']);
  }
});
