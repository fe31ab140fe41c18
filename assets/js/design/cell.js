// A cell of Table 1 as a small drawing: numbers and a size in, SVG out.  Nothing here touches the page.

import { tenTo } from '../numbers.js';

const DECADES = [80, 1, 0.002];
const EDGE = { left: 40, right: 10, top: 8, bottom: 18 };
const r1 = (v) => +v.toFixed(1);

/** Value -> pixel between `from` and `to`, along a line or by decades.
 * @param {number[]} ends @param {boolean} log @param {number} from @param {number} to */
export function scale([low, high], log, from, to) {
  const at = log ? (v) => Math.log10(Math.max(v, 1e-300)) : (v) => v,
    span = at(high) - at(low) || 1;
  return (v) => from + ((to - from) * (at(v) - at(low))) / span;
}

/** A few round values within `ends`: whole decades, else the ends and 0.
 * @param {number[]} ends @param {boolean} log @returns {[number, string][]} */
export function ticks([low, high], log) {
  if (!log) {
    const step = nice((high - low) / 2),
      out = [];
    for (let v = Math.ceil(low / step) * step; v <= high * 1.0001; v += step) out.push([v, plain(v)]);
    return out;
  }
  const first = Math.ceil(Math.log10(low)),
    last = Math.floor(Math.log10(high)),
    by = Math.max(1, Math.ceil((last - first) / 2));
  const out = [];
  for (let n = first; n <= last; n += by) out.push([10 ** n, power(n)]);
  return out.length ? out : [[high, plain(high)]];
}

const nice = (v) => {
  const unit = 10 ** Math.floor(Math.log10(v || 1));
  return unit * ([1, 2, 5, 10].find((k) => k * unit >= v * 0.999) ?? 10);
};
const plain = (v) => String(+v.toPrecision(3)).replace('-', '−');
const power = (n) => (n >= -3 && n <= 3 ? plain(10 ** n) : tenTo(n));

/** The drawing.
 * @param {{x: number[], y: number[]}[]} curves the first is the cell's own, others are drawn behind it
 * @param {{axis: string, log: boolean, range: number[], w: number, h: number, label: string, unit?: string}} look */
export function cell(curves, { axis, log, range, w, h, label, unit }) {
  const { x } = curves[0],
    ends = [x[0], x[x.length - 1]],
    X = scale(ends, axis === 'sigma', EDGE.left, w - EDGE.right),
    Y = scale(range, log, h - EDGE.bottom, EDGE.top);
  const rows = ticks(range, log)
    .map(
      ([v, text]) =>
        `<path class="grid" d="M${EDGE.left},${r1(Y(v))}H${w - EDGE.right}"/>` +
        `<text x="${EDGE.left - 5}" y="${r1(Y(v) + 4)}" text-anchor="end">${text}</text>`,
    )
    .join('');
  const below = (axis === 'sigma' ? DECADES.map((v) => [v, plain(v)]) : ends.map((v) => [v, plain(+v.toPrecision(2))]))
    .map(
      ([v, text], i, all) =>
        `<text x="${r1(X(v))}" y="${h - 4}" text-anchor="${i ? (i < all.length - 1 ? 'middle' : 'end') : 'start'}">` +
        `${i ? text : `${unit ?? 'σ'} = ${text}`}</text>`,
    )
    .join('');
  const lines = curves
    .map((c, i) => [c, i])
    .reverse()
    .map(([c, i]) => line(c, X, Y, axis === 'step' ? 'dots' : 'line', i ? 'other' : 'its'))
    .join('');
  return `<svg viewBox="0 0 ${w} ${h}" role="img" aria-label="${label}">${rows}${below}${lines}</svg>`;
}

function line({ x, y }, X, Y, kind, whose) {
  const at = x.map((v, i) => [v, y[i]]).filter(([, v]) => v != null && Number.isFinite(v));
  if (kind === 'dots')
    return at.map(([a, b]) => `<circle class="${whose}" cx="${r1(X(a))}" cy="${r1(Y(b))}" r="2.5"/>`).join('');
  const d = at.map(([a, b], i) => `${i ? 'L' : 'M'}${r1(X(a))},${r1(Y(b))}`).join('');
  return `<path class="curve ${whose}" d="${d}"/>`;
}
