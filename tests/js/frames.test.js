// t(σ) and s(σ) are read off the server's table well enough for a path a thousand steps long.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { frameOf } from '../../assets/js/stage/frames.js';

const [low, high, rows] = [5e-5, 2000, 257];
const packed = (f) => {
  const values = Float32Array.from({ length: rows }, (_, i) => Math.log(f(low * (high / low) ** (i / (rows - 1)))));
  return Buffer.from(values.buffer).toString('base64');
};
const frame = (t, s) => ({ name: 'any', table: { low, high, t: packed(t), zero: t(0), ...(s && { s: packed(s) }) } });
const near = (got, wanted, part) => assert.ok(Math.abs(got - wanted) <= part * wanted, `${got}, not ${wanted}`);
const levels = [1e-4, 0.002, 0.0123, 0.3, 1, 2.345, 25, 80, 1000];

test('a power of σ comes out as it is, also beyond the table', () => {
  for (const power of [1, 2]) {
    const { t, s } = frameOf(frame((sigma) => sigma ** power));
    for (const sigma of [...levels, 1e-6, 5000]) near(t(sigma), sigma ** power, 1e-5);
    assert.equal(t(0), 0);
    assert.equal(s(7), 1);
  }
});

test('a time that bends is met to a hundred thousandth', () => {
  const vp = (sigma) => (Math.sqrt(0.01 + 39.8 * Math.log1p(sigma * sigma)) - 0.1) / 19.9,
    shrunk = (sigma) => 1 / Math.sqrt(1 + sigma * sigma);
  const { t, s } = frameOf(frame(vp, shrunk));
  for (const sigma of levels) {
    near(t(sigma), vp(sigma), 3e-5);
    near(s(sigma), shrunk(sigma), 3e-5);
  }
  assert.equal(s(0), 1);
});

test('a frame is unpacked once', () => {
  const given = frame((sigma) => sigma);
  assert.equal(frameOf(given), frameOf(given));
});
