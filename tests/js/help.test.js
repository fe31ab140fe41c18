import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns, textOf } from '../../assets/js/help.js';
import { receive } from '../../assets/js/state.js';

const levels = [80, 57.586, 9.7232, 0.002];
const run = {
  sigma: [...levels, 0],
  hat: levels,
  t: [...levels, 0],
  gamma: [0, 0, 0, 0],
  grid: { formula: 'σ<sub>i</sub> as typed', source: 'a list of levels' },
};

test('where σ = t the table says the same number twice', () => {
  receive({}, { run });
  const sheet = columns({ name: 'steps' });
  assert.deepEqual(sheet.t, sheet.σ);
  assert.deepEqual(sheet.t, ['80', '57.6', '9.72', '0.002']);
});

test('the formula of the time steps is that of the grid on show', () => {
  receive({}, { run });
  const text = textOf({ name: 'steps' });
  assert.equal(text.formula, run.grid.formula);
  assert.equal(text.source, run.grid.source);
  assert.match(text.what, /One arc is one step/);
  assert.doesNotMatch(textOf({ name: 'error' }).formula, /as typed/);
});
