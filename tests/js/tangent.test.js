// Where the tangent of a path lands: on D in EDM's frame, elsewhere in the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { euler, tangent } from '../../assets/js/stage/tangent.js';

const near = (got, wanted) =>
  assert.ok(Math.abs(got - wanted) < 2e-4 * (1 + Math.abs(wanted)), `${got}, not ${wanted}`);
const [sigma, x, D] = [3, 2.5, -0.8];

test('where t = σ one Euler step to 0 lands on the denoised image', () => {
  const { from, to } = tangent({ t: (v) => v, s: () => 1 }, sigma, x, D);
  near(from, x);
  near(to, D);
});

test('where t = σ² it stops half way', () => {
  near(tangent({ t: (v) => v * v, s: () => 1 }, sigma, x, D).to, (x + D) / 2);
});

test('time that does not end at 0 is stepped to where it ends', () => {
  near(tangent({ t: (v) => v * v + 1, s: () => 1 }, sigma, x, D).to, (x + D) / 2);
});

test('in the VP frame it is the step of VP’s own ODE', () => {
  const beta = (t) => 19.9 * t + 0.1, // EDM Table 1
    t = (v) => (Math.sqrt(0.01 + 39.8 * Math.log1p(v * v)) - 0.1) / 19.9,
    s = (v) => 1 / Math.sqrt(1 + v * v);
  const now = t(sigma),
    scaled = s(sigma) * x,
    rate = beta(now) / 2, // dσ/dt = β (σ² + 1) / (2 σ), ds/dt = −β s / 2
    change = -rate * scaled + ((s(sigma) * rate * (sigma * sigma + 1)) / sigma) * ((x - D) / sigma);
  near(tangent({ t, s }, sigma, x, D).to, scaled - now * change);
});

test('in a plane the step ends on D, from where it began, whatever the unit', () => {
  const way = euler(sigma, [x, 1], [D, 0.5], (v) => Math.sqrt(1 + v * v));
  assert.deepEqual(way.at(-1), [D, 0.5]);
  assert.deepEqual(way[0], [x / Math.sqrt(10), 1 / Math.sqrt(10)]);
});
