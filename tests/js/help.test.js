import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, lines, textOf } from '../../assets/js/help.js';
import { receive } from '../../assets/js/state.js';

const levels = [80, 57.586, 9.7232, 0.002];
const bare = { columns: [], curves: [], help: { '': { what: 'What.', formula: 'plain', source: 'nobody' } } };

receive({}, { run: { sigma: [...levels, 0] } });

test('a column is written as it says, words stand as they are, gaps are –', () => {
  const columns = [
    { name: 'σ', values: levels, as: 'number' },
    { name: 'Δ ln σ', values: [0.3287, null, 8.489, '→ 0'], as: 'fixed2' },
  ];
  assert.deepEqual(columnsOf({ ...bare, columns }), {
    σ: ['80', '57.6', '9.72', '0.002'],
    'Δ ln σ': ['0.33', '–', '8.49', '→ 0'],
  });
});

test('each curve with a name is a column at the levels of the run', () => {
  const curve = { x: [100, 1, 0.001], y: [100, 1, 0.001], label: { text: 'Heun, 35 NFE' } };
  const unnamed = { ...curve, label: { text: '' } };
  const sheet = columnsOf({ ...bare, curves: [curve, unnamed, { ...curve, label: { text: 'k, 2', column: 'k, 2' } }] });
  assert.deepEqual(Object.keys(sheet), ['σ', 'Heun', 'k, 2']);
  assert.deepEqual(sheet.Heun, ['80', '58', '9.7', '0.002']); // y = σ
});

test('what is copied has all digits', () => {
  const columns = [{ name: 'σ', values: levels, as: 'number' }];
  const exact = columnsOf({ ...bare, columns }, true);
  assert.deepEqual(exact, { σ: levels });
  assert.equal(
    lines({
      columns: ['σ', 'error'],
      rows: [
        [57.586, 0.0123456789],
        [80, null],
      ],
    }),
    'σ\terror\n57.586\t0.0123456789\n80\t',
  );
});

test('a strip without numbers has no table', () => {
  assert.deepEqual(columnsOf(bare), {});
});

test('the formula that hangs on the view stands before the strip’s own', () => {
  assert.equal(textOf(bare).formula, 'plain');
  const told = textOf({ ...bare, told: { formula: 'as typed', source: 'a list' } });
  assert.deepEqual(told, { what: 'What.', formula: 'as typed', source: 'a list' });
});
