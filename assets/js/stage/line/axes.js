// The numbers and names at the edges of a panel.

import { S } from '../../state.js';
import { number } from '../../numbers.js';
import { niceStep, write } from '../../draw/canvas.js';

// Levels worth a label, the edges first, none nearer than `apart` pixels.
function levelTicks(p, apart) {
  if (p.which === 'near') return [p.sigma, p.sigma / 2, 0];
  const step = niceStep(p.sigma, 5),
    even = Array.from({ length: 9 }, (_, j) => +(j * step).toPrecision(6));
  const decades = [20, 10, 5, 2, 1, 0.5, 0.2, 0.1],
    out = [0, p.sigma];
  for (const s of p.frame.opens ? decades : even.reverse()) {
    if (s < p.sigma && out.every((o) => Math.abs(p.X(o) - p.X(s)) >= apart)) out.push(s);
  }
  return out;
}

export function drawAxes(c, p, { apart, from }) {
  for (const s of levelTicks(p, apart)) {
    const words = from && s === p.sigma ? `σ = ${number(s)}` : number(s);
    write(c, words, p.X(s), p.y + p.h + 14, {
      align: from && s === p.sigma ? 'left' : from && s === 0 ? 'right' : 'center',
    });
  }
  const step = niceStep(2 * p.top, p.h > 180 ? 6 : 4);
  for (let v = -Math.floor(p.top / step) * step; v <= p.top; v += step) {
    const y = p.Y(v);
    if (y > p.y + (from ? 2 : 14) && y < p.y + p.h - 2)
      write(c, number(Math.abs(v) < step / 2 ? 0 : v), p.x - 4, y, { align: 'right', base: 'middle' });
  }
}

export const symbol = (f) => ({ x: f.s(1) === 1 ? 'x' : 's x', D: 'D', e: 'ε' })[S.what];
export const axisName = (f, narrow) =>
  narrow
    ? 'noise level σ'
    : f.words === 't = σ'
      ? 'noise level σ (linear, t = σ)'
      : `noise level σ (linear in ${f.words})`;
