// The knots of w(σ): what is dragged stays a curve that the server takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KNOTS, added, bent, curveOf, knotsOf, moved, weightAt } from '../../assets/js/controls/knots.js';

const three = knotsOf([0.1, 1, 1, 3, 10, 2]);

test('flat numbers and knots are the same curve', () => {
  assert.deepEqual(three[1], { sigma: 1, w: 3 });
  assert.deepEqual(curveOf(three), [0.1, 1, 1, 3, 10, 2]);
});

test('w is linear in log σ between knots and flat beyond', () => {
  assert.equal(weightAt(three, 0.001), 1);
  assert.ok(Math.abs(weightAt(three, Math.sqrt(0.1)) - 2) < 1e-12);
  assert.equal(weightAt(three, 1), 3);
  assert.equal(weightAt(three, 80), 2);
});

test('a knot stays between its neighbours, on the axis and within the weights', () => {
  const range = [0.002, 80];
  const [, far] = moved(three, 1, { sigma: 50, w: 99 }, range);
  assert.ok(far.sigma < 10 && far.sigma > 9);
  assert.equal(far.w, 10);
  assert.equal(moved(three, 0, { sigma: 1e-9, w: -1 }, range)[0].sigma, 0.002);
  assert.equal(moved(three, 0, { sigma: 1e-9, w: -1 }, range)[0].w, 0);
  assert.equal(moved(three, 2, { sigma: 1e9, w: 1 }, range)[2].sigma, 80);
  const written = curveOf(moved(three, 1, { sigma: 1e-9, w: 1 }, range));
  assert.ok(written[2] > written[0]);
});

test('a new knot lies on the curve, where there is room', () => {
  const four = added(three, 0.3);
  assert.equal(four.length, 4);
  assert.equal(weightAt(four, 0.3), weightAt(three, 0.3));
  assert.equal(added(three, 1.01), three);
  let many = three;
  for (let k = 0; k < 40; k++) many = added(many, 0.11 * 1.11 ** k);
  assert.equal(many.length, KNOTS);
});

test('a constant weight is bent without a change', () => {
  const own = bent(2.5, 0.002, 80);
  assert.equal(own.length, 3);
  for (const s of [0.001, 0.1, 7, 99]) assert.equal(weightAt(own, s), 2.5);
  assert.ok(own[0].sigma < own[1].sigma && own[1].sigma < own[2].sigma);
});
