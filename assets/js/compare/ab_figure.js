// The error of A against that of B, sample by sample, on equal log axes: the colour is who is nearer, and hollow
// is a pair of which one ended elsewhere.

import { line, path, tag, words } from '../schedules/svg.js';
import { unpack } from '../state.js';

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹',
  SIDES = { l: 46, r: 10, t: 22, b: 40 },
  LEAST = 1e-7; // what lies below, or is 0, is drawn at the edge

const power = (e) =>
  e === 0
    ? '1'
    : e === 1
      ? '10'
      : `10${String(e)
          .replace('-', '⁻')
          .replace(/\d/g, (d) => RAISED[d])}`;

/** Decades that hold the values: [low, high]. @param {number[]} values */
export function decades(values) {
  const known = values.filter((v) => v > LEAST && Number.isFinite(v)).map(Math.log10);
  if (!known.length) return [-1, 0];
  return [Math.floor(Math.min(...known)), Math.max(Math.ceil(Math.max(...known)), Math.floor(Math.min(...known)) + 1)];
}

const dot = (x, y, r) =>
  `M${(x - r).toFixed(1)} ${y.toFixed(1)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;

/** @param {{a: string, b: string, astray: number[]}} scatter as it comes @param {number} size CSS pixels
 * @param {string} another what ended elsewhere has become */
export function scatterPlot(scatter, size, another) {
  const [a, b] = [scatter.a, scatter.b].map((text) => [...unpack.floats(text)]),
    [low, high] = decades([...a, ...b]),
    { l, r, t, b: below } = SIDES,
    [w, h] = [size - l - r, size - t - below],
    part = (v) => Math.max(0, Math.min(1, (Math.log10(Math.max(v, LEAST)) - low) / (high - low))),
    X = (v) => l + part(v) * w,
    Y = (v) => t + (1 - part(v)) * h;
  const grid = [],
    every = Math.ceil((high - low) / 7);
  for (let e = low; e <= high; e += every) {
    const [x, y] = [X(10 ** e), Y(10 ** e)];
    grid.push(line(l, y, size - r, y, { stroke: 'var(--grid)' }), line(x, t, x, t + h, { stroke: 'var(--grid)' }));
    grid.push(words(l - 6, y + 4, power(e), { fill: 'var(--ink-2)', 'text-anchor': 'end' }));
    grid.push(words(x, t + h + 16, power(e), { fill: 'var(--ink-2)', 'text-anchor': 'middle' }));
  }
  const marks = { a: ['', ''], b: ['', ''], level: ['', ''] };
  a.forEach((v, k) => {
    marks[v < b[k] ? 'a' : v > b[k] ? 'b' : 'level'][scatter.astray[k]] += dot(X(v), Y(b[k]), 2.4);
  });
  const colours = { a: 'var(--one-step)', b: 'var(--multistep-text)', level: 'var(--ink-3)' },
    drawn = Object.entries(marks).flatMap(([who, [full, hollow]]) => [
      path(full, { fill: colours[who], 'fill-opacity': 0.7 }),
      path(hollow, { stroke: colours[who], 'stroke-width': 1.2 }),
    ]);
  const share = (who) => Math.round((100 * a.filter((v, k) => (who === 'a' ? v < b[k] : v > b[k])).length) / a.length);
  const said = { 'font-size': 12, 'font-weight': 600 };
  const inner = [
    ...grid,
    line(l, t + h, l + w, t, { stroke: 'var(--ink-3)', 'stroke-dasharray': '4 3' }),
    ...drawn,
    words(l + 6, t + 14, `A nearer: ${share('a')} %`, { ...said, fill: colours.a }),
    words(l + w - 6, t + h - 8, `B nearer: ${share('b')} %`, { ...said, fill: colours.b, 'text-anchor': 'end' }),
    words(0, 12, 'error of B', { fill: 'var(--ink-2)', 'font-size': 12 }),
    words(size - r, 12, `hollow: ${another}`, { fill: 'var(--ink-2)', 'text-anchor': 'end' }),
    words(l + w / 2, size - 6, 'error of A, to its exact path’s end', {
      fill: 'var(--ink-2)',
      'font-size': 12,
      'text-anchor': 'middle',
    }),
  ].join('');
  const label = `Error of A against B for ${a.length} samples: A nearer in ${share('a')} %, B in ${share('b')} %`;
  return tag(
    'svg',
    { viewBox: `0 0 ${size} ${size}`, width: size, height: size, role: 'img', 'aria-label': label },
    inner,
  );
}
