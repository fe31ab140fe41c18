// What one step does at (r, c), read from the server's picture of it (`p`); nothing here draws.

import { clamp } from '../state.js';

// What pictures say between two of its values of r: linear.
function between(p, r) {
  const f = clamp(r, 0, 1) * (p.r.length - 1),
    i = Math.min(p.r.length - 2, Math.floor(f));
  return [i, f - i];
}
/** The error of path k after the step, with (r, c). */
export function error(p, k, r, c) {
  const R = p.r.length,
    [i, f] = between(p, r);
  const w = (list) => list[k * R + i] * (1 - f) + list[k * R + i + 1] * f;
  return Math.sqrt(Math.max(0, p.uu[k] + 2 * c * w(p.uw) + c * c * w(p.ww)));
}
/** The mean of f(k) over the picture's paths. */
export const mean = (p, f) => {
  const n = p.uu.length;
  let s = 0;
  for (let k = 0; k < n; k++) s += f(k);
  return s / n;
};
/** A place of the plane, of a list with one for each value of r. */
export function place(p, list, r) {
  const [i, f] = between(p, r);
  return [0, 1].map((d) => list[2 * i + d] * (1 - f) + list[2 * i + 2 + d] * f);
}
