// σ -> t and s of a schedule, read off the server's table: their logarithms over an even grid of ln σ.

import { unpack } from '../state.js';

const held = new WeakMap();

// A cubic through the four rows around each place; beyond the first and the last the power law goes on.
function reader(rows, low, high) {
  const step = Math.log(high / low) / (rows.length - 1),
    last = rows.length - 1,
    at = (i) => (i < 0 ? 2 * rows[0] - rows[-i] : i > last ? 2 * rows[last] - rows[2 * last - i] : rows[i]);
  return (sigma) => {
    const place = Math.log(sigma / low) / step;
    if (place < 0) return Math.exp(rows[0] + place * (rows[1] - rows[0]));
    if (place > last) return Math.exp(rows[last] + (place - last) * (rows[last] - rows[last - 1]));
    const i = Math.min(Math.floor(place), last - 1),
      f = place - i,
      [a, b, c, d] = [at(i - 1), rows[i], rows[i + 1], at(i + 2)];
    return Math.exp(b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a))));
  };
}

/** The functions t(σ) and s(σ) of a frame, and what the server says of it.
 * @param {{name: string, table: {low: number, high: number, t: string, zero: number, s?: string}}} frame */
export function frameOf(frame) {
  if (!held.has(frame)) {
    const { low, high, t, zero, s } = frame.table,
      time = reader(unpack.floats(t), low, high),
      scale = s ? reader(unpack.floats(s), low, high) : null;
    held.set(frame, {
      ...frame,
      t: (sigma) => (sigma > 0 ? time(sigma) : zero),
      s: scale ? (sigma) => (sigma > 0 ? scale(sigma) : 1) : () => 1,
    });
  }
  return held.get(frame);
}
