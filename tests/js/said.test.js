import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn } from '../../assets/js/words/name.js';
import { forms, places } from '../../assets/js/words/said.js';

const looked = forms({
  step: { said: ['step', 'steps'] },
  sigma: { said: ['σ', 'noise level'] },
  density: { said: ['p(x; σ)'] },
  solver: { said: ['solver'] },
  card: {},
});
const found = (text, had = new Set(), indexed = false) =>
  places(text, looked, had, indexed).map(([from, to, word]) => [text.slice(from, to), word]);

test('a word is found once, at its first place, also where a sentence begins with it', () => {
  assert.deepEqual(found('Steps 10 and 11; step 11 at σ = 1'), [
    ['Steps', 'step'],
    ['σ', 'sigma'],
  ]);
  assert.deepEqual(found('the noise level of a step', new Set(['step'])), [['noise level', 'sigma']]);
});

test('the longest spelling is taken, and no part of a longer name', () => {
  assert.deepEqual(found('under p(x; σ)'), [['p(x; σ)', 'density']]);
  assert.deepEqual(found('AMED-Solver, stepwise, Δσ, σ_max'), []);
});

test('σ before an index is another word', () => {
  assert.deepEqual(found('up to σ', new Set(), true), []);
  assert.deepEqual(found('up to σ'), [['σ', 'sigma']]);
});

test('a name with a hyphen is kept together with what belongs to it, a word with one is not', () => {
  const kept = (text) => namesIn(text).map(([from, to]) => text.slice(from, to));
  assert.deepEqual(kept('DPM-Solver++(2M) SDE, then iPNDM-4’s: CIFAR-10 (FID), one-step'), [
    'DPM-Solver++(2M)',
    'iPNDM-4',
    'CIFAR-10',
  ]);
  assert.deepEqual(kept('well-known, DPM-Solver-2(r), A-name-that-no-line-has-room-for'), ['DPM-Solver-2(r)']);
});
