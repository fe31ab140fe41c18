// The exact paths in their own principal axes, measured from their end points.

import { S, unpack } from '../state.js';
import { once } from '../draw/canvas.js';

const LEAST = 0.02; // where the log axis of PC 1 ends, or 1/20,000 of its start

const held = once();

export const planes = () => {
  const p = S.parts.path?.planes;
  return p
    ? held(S.parts.path.key, () => ({
        ...p,
        c: unpack.floats(p.coordinates),
        k: unpack.floats(p.coordinates).length / p.paths / p.sigma.length,
      }))
    : null;
};
export const chosen = (p) => (S.pick < p.paths ? S.pick : 0);
export const at = (p, i, path, axis) => p.c[(i * p.paths + path) * p.k + axis];
export const column = (p, path, axis) => p.sigma.map((_, i) => at(p, i, path, axis));
export const largest = (list) => list.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
export const least = (p) => Math.max(LEAST, largest(column(p, chosen(p), 0)) * 5e-5);

// y at σ, straight in ln σ; unlike `interp` it may change sign.
export function linear(xs, ys, s) {
  const i = xs.findIndex((v) => s >= v);
  if (i <= 0) return i === 0 ? ys[0] : ys[ys.length - 1];
  const f = Math.log(xs[i - 1] / s) / Math.log(xs[i - 1] / xs[i]);
  return ys[i - 1] + f * (ys[i] - ys[i - 1]);
}
