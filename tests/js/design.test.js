import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cell, scale, ticks } from '../../assets/js/design/cell.js';
import { formula } from '../../assets/js/design/formula.js';

test('a scale goes along a line, or by decades; from left to right the values may fall', () => {
  assert.equal(scale([0, 2], false, 10, 20)(0.5), 12.5);
  const down = scale([100, 0.01], true, 0, 80);
  assert.deepEqual([100, 1, 0.01].map(down), [0, 40, 80]);
});

test('ticks are round, few and within the axis', () => {
  assert.deepEqual(ticks([0.0015, 104], true), [
    [0.01, '0.01'],
    [1, '1'],
    [100, '100'],
  ]);
  assert.deepEqual(
    ticks([0, 1.08], false).map(([v]) => v),
    [0, 1],
  );
  for (const ends of [
    [0.9, 1.2],
    [1e-9, 1e7],
    [0.77, 1.3],
  ])
    for (const [v] of ticks(ends, true)) assert.ok(v >= ends[0] && v <= ends[1] * 1.0001, `${ends}: ${v}`);
  assert.ok(ticks([-1.7, 999], false).length <= 4);
});

test('a gap in the numbers is no point, and the label is the reader’s', () => {
  const look = { axis: 'step', log: true, range: [0.001, 100], w: 200, h: 90, label: 'time steps of VP', unit: 'i' };
  const svg = cell([{ x: [0, 1, 2], y: [80, null, 0.002] }], look);
  assert.equal(svg.match(/<circle/g).length, 2);
  assert.match(svg, /aria-label="time steps of VP"/);
  assert.match(svg, /i = 0</);
  assert.doesNotMatch(svg, /NaN/);
});

test('letters are set low and high, and what is no formula stays', () => {
  assert.equal(formula('c_{out}^2 < σ_d'), 'c<sub>out</sub><sup>2</sup> &lt; σ<sub>d</sub>');
  assert.equal(formula('σ^{−1}(σ)'), 'σ<sup>−1</sup>(σ)');
  assert.equal(formula('√t, ln σ, x86_64'), '√t, ln σ, x86_64');
});
