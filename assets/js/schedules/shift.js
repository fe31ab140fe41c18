// The shift of a flow list: the whole comb slides.  A pill on the row, an arrow from where its step
// would be without the last shift, and that list as a green comb under the baseline.

import { number } from '../numbers.js';
import { RIM, line, on, path, rect, tag, words } from './svg.js';

const SNAP = 0.04; // of ln α
const LOW = 0.05,
  HIGH = 100;
const PILL = 58; // px

/** α after a drag of dx pixels from α: to the left is more noise; it snaps to 1, the model's own and halves.
 * @param {number} alpha @param {number} dx @param {number} perLog pixels of one unit of ln σ @param {number} own */
export function dragged(alpha, dx, perLog, own) {
  const now = Math.min(HIGH, Math.max(LOW, alpha * Math.exp(-dx / perLog))),
    near = [1, own, Math.round(now * 2) / 2].filter((v) => v > 0 && Math.abs(Math.log(now / v)) < SNAP);
  return near.length ? near[0] : +now.toPrecision(3);
}

/** @param {{value: number, own: number, comb: number[] | null}} shift @param {number[]} levels
 * @param {{baseline: number, room: number}} at @param {ReturnType<import('./scale.js').axisOf>} axis */
export function drawShift(shift, levels, at, axis) {
  if (!shift || axis.look === 'narrow') return '';
  const inside = levels.map((_, i) => i).filter((i) => levels[i] > 0 && Number.isFinite(levels[i]));
  if (!inside.length) return '';
  const i = inside[Math.floor(inside.length / 3)],
    p = axis.X(levels[i]),
    y = at.baseline - at.room * 0.62,
    comb = shift.comb ? [...teeth(shift.comb, at, axis), arrow(shift.comb[i], levels[i], p, y, at, axis)] : [];
  return [...comb, pill(shift.value, Math.max(p - PILL - 4, axis.gutter + 2), y)].join('');
}

const teeth = (comb, { baseline }, axis) =>
  comb
    .filter((s) => s > 0 && Number.isFinite(s))
    .map((s) => axis.X(s))
    .map((x) => line(x, baseline + 3, x, baseline + 8, { stroke: 'var(--list-3)', 'stroke-width': 1.25 }));

function pill(alpha, x, y) {
  const bold = { 'font-size': 12, 'font-weight': 600, 'text-anchor': 'middle' },
    text = { ...bold, fill: 'var(--on-accent)', ...on('var(--accent)') };
  return tag(
    'g',
    { transform: `translate(${x.toFixed(1)} ${(y - 11).toFixed(1)})`, class: 'sch-pill' },
    rect(0, 0, PILL, 22, { rx: 11, fill: 'var(--accent)' }) + words(PILL / 2, 15, `α = ${number(alpha)}`, text),
  );
}

function arrow(before, now, p, y, at, axis) {
  const q = axis.X(before),
    factor = now / before;
  if (Math.abs(p - q) < 8) return '';
  const long = q - p > 150,
    ln = Math.log(factor).toFixed(2).replace('-', '−'),
    ink = { stroke: 'var(--ink)', 'stroke-width': 1.25 },
    text = { 'font-weight': 600, fill: 'var(--ink)', 'text-anchor': long ? 'middle' : 'start', ...RIM };
  return [
    path(`M${q.toFixed(1)} ${at.baseline - 2}V${y.toFixed(1)}H${p.toFixed(1)}`, ink),
    q > p ? path(`M${p.toFixed(1)} ${(y - 4).toFixed(1)}l-7 4 7 4z`, { fill: 'var(--ink)' }) : '',
    words(
      long ? (p + q) / 2 + 4 : Math.max(p, q) + 7,
      long ? y - 5 : y + 4,
      `× ${number(factor)}, ln ${number(factor)} = ${ln}`,
      text,
    ),
  ].join('');
}
