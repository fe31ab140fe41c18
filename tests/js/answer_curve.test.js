import { test } from 'node:test';
import assert from 'node:assert/strict';
import { along, named, part, placed, range, ticks } from '../../assets/js/answer/place.js';

const RHO = { low: 1, high: 20, track: [1, 20], log: false },
  TMIN = { low: 0, high: 100, track: [0.001, 100], log: true };
const points = (...medians) => medians.map((median, i) => ({ value: 1 + i, median, low: median, high: median }));

test('a value lies where the slider has it', () => {
  assert.equal(part(RHO, 1), 0);
  assert.equal(part(RHO, 20), 1);
  assert.equal(part(TMIN, 0), 0);
  assert.ok(Math.abs(part(TMIN, 0.316228) - 0.5) < 1e-4);
});

test('what could not be measured is no point, and a line leads over it', () => {
  const found = placed(RHO, [...points(1, null, 100)]);
  assert.equal(found.length, 2);
  assert.ok(Math.abs(along(found, part(RHO, 2)) - 1) < 1e-9); // the middle of 10⁰ and 10²
  assert.equal(along(found, part(RHO, 1)), 0);
  assert.equal(along(found, part(RHO, 3)), 2);
  assert.equal(along(found, part(RHO, 9)), null);
});

test('a flat curve looks flat, and what lies far above leaves the frame', () => {
  const flat = range(placed(RHO, points(1, 1.01, 1)), 0);
  assert.ok(flat[1] - flat[0] >= 1);
  const steep = range(placed(RHO, points(1e6, 1, 1.2)), 0);
  assert.ok(steep[1] < 3);
});

test('two levels are named', () => {
  assert.deepEqual(ticks([-2.6, 0.4]), [-2, 0]);
  assert.equal(ticks([-2.2, -1.1]).length, 2);
});

test('the track is named at its ends and at round values between', () => {
  assert.deepEqual(
    named(RHO).map(({ value }) => value),
    [1, 5, 10, 15, 20],
  );
  assert.equal(named(TMIN)[0].value, 0);
  for (const { x } of [...named(RHO), ...named(TMIN)]) assert.ok(x >= 0 && x <= 1);
});
