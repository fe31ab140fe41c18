// From values to pixels and back, and the ticks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { holding, sigmaScale, sigmaTicks, valueScale, valueTicks } from '../../assets/js/draw/scale.js';

const near = (got, wanted) => assert.ok(Math.abs(got - wanted) < 1e-9 * Math.max(1, Math.abs(wanted)), `${got}`);

test('σ runs from the left to the right in equal steps of its logarithm, and back', () => {
  const { X, inverse } = sigmaScale(100, 0.01, 40, 440);
  near(X(100), 40);
  near(X(1), 240);
  near(X(0.01), 440);
  for (const s of [95, 3, 0.02]) near(inverse(X(s)), s);
  assert.ok(Number.isFinite(X(0))); // a level that no logarithm reaches
});

test('a value is as far up its strip as its axis says, and held just outside', () => {
  const linear = valueScale({ range: [0, 2], log: false }, 100, 200);
  near(linear(0), 200);
  near(linear(1), 150);
  near(linear(2), 100);
  near(linear(99), 98);
  near(linear(-99), 202);
  const log = valueScale({ range: [1e-4, 1], log: true }, 0, 100);
  near(log(1e-2), 50);
  near(log(0), 102);
});

test('the whole axis shows decades and the ends of its range, once', () => {
  assert.deepEqual(sigmaTicks(0.00135, 95), [80, 10, 1, 0.1, 0.01, 0.002]);
  assert.deepEqual(sigmaTicks(6.6e-5, 1190), [1000, 100, 10, 1, 0.1, 0.01, 0.002, 0.0001]); // 100 stands for 80
});

test('a zoomed axis has a few round ticks inside, from large to small', () => {
  for (const [low, high] of [
    [0.3, 1.1],
    [0.05, 3],
    [7, 80],
  ]) {
    const ticks = sigmaTicks(low, high);
    assert.ok(ticks.length >= 3 && ticks.length <= 10, `${ticks}`);
    assert.ok(ticks.every((v) => v >= low && v <= high));
    assert.deepEqual(
      ticks,
      [...ticks].sort((a, b) => b - a),
    );
  }
});

test('an axis without ticks of its own gets a few', () => {
  assert.deepEqual(valueTicks({ range: [0, 1], log: false }), [
    [0, '0'],
    [0.5, '0.5'],
    [1, '1'],
  ]);
  const decades = valueTicks({ range: [1e-4, 10], log: true, ticks: [] });
  assert.ok(decades.length >= 2 && decades.every(([v]) => v >= 1e-4 && v <= 10));
});

test('ticks outside the range are not drawn', () => {
  const ticks = [
    [0, '0'],
    [1, '1'],
    [9, '9'],
  ];
  assert.deepEqual(valueTicks({ range: [-0.5, 2], log: false, ticks }), ticks.slice(0, 2));
});

test('an axis grows by doubling or by decades until it holds what the run adds', () => {
  const axis = { range: [0, 1.12], log: false, ticks: [[0.5, '0.5']] };
  assert.deepEqual(holding(axis, [0.2, null, 3]), { ...axis, range: [0, 4.48], ticks: [[2, '2']] });
  assert.deepEqual(
    holding({ range: [1e-3, 1], log: true, ticks: [] }, [5e-6, 30])
      .range.map(Math.log10)
      .map(Math.round),
    [-6, 2],
  );
  assert.equal(holding(axis, [null, 0, -1]), axis);
});
