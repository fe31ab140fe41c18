// What the page reads off a curve between its points, and off a packed array.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNITS, interp, unpack } from '../../assets/js/state.js';

const near = (got, wanted) => assert.ok(Math.abs(got - wanted) < 1e-12 * Math.abs(wanted), `${got}, not ${wanted}`);

test('a power of σ is read exactly between two of its points', () => {
  const sigma = [80, 5, 0.1];
  const curve = sigma.map((s) => 3 * s ** 1.5);
  for (const s of [79, 20, 5, 1, 0.11]) near(interp(sigma, curve, s), 3 * s ** 1.5);
});

test('a curve that changes sign is a line in ln σ', () => {
  near(interp([100, 1], [-1, 3], 10), 1);
  near(interp([Math.E ** 3, 1], [0, 3], Math.E), 2);
});

test('beyond its ends a curve keeps their values, and one without points has none', () => {
  assert.equal(interp([80, 1], [2, 4], 1000), 2);
  assert.equal(interp([80, 1], [2, 4], 1e-3), 4);
  assert.equal(interp([], [], 1), null);
});

test('towards σ = 0, which no logarithm reaches, the last value stays', () => {
  assert.equal(interp([80, 1, 0], [2, 4, 8], 0.5), 4);
});

test('beside a gap the value on its other side is read', () => {
  assert.equal(interp([10, 1], [null, 4], 3), 4);
  assert.equal(interp([10, 1], [2, null], 3), 2);
});

const packed = (array) => Buffer.from(array.buffer).toString('base64');

test('packed arrays come out as they went in', () => {
  assert.deepEqual([...unpack.positions(packed(Int16Array.of(-UNITS, 0, 1, 32767)))], [-6000, 0, 1, 32767]);
  assert.deepEqual([...unpack.floats(packed(Float32Array.of(-0.5, 1e-30)))], [-0.5, Math.fround(1e-30)]);
  assert.deepEqual([...unpack.signed(packed(Int8Array.of(-128, 127)))], [-128, 127]);
  assert.deepEqual([...unpack.grey(packed(Uint8Array.of(0, 255)))], [0, 255]);
});
