// Beside a map: the numbers of its cells along the setting that is compared, a curve for each of a few groups, with
// their 95 % bands.

import { tenTo } from '../numbers.js';
import { escaped, line, path, tag, words } from '../schedules/svg.js';

const W = 340,
  H = 150,
  BOX = { left: 40, right: W - 62, top: 16, bottom: H - 34 },
  MOST = 4, // curves
  APART = 12; // pixels between two names

/** @param {HTMLElement} box @param {any} map as the server tells it */
export function drawAlong(box, map) {
  const drawn = curves(map);
  box.hidden = !drawn;
  if (!drawn) return;
  const { along, over, found } = drawn,
    head = `${along.label}, ${found.length === 1 ? '' : `at ${found.length} values of ${over.label}, `}95 % bands`;
  box.innerHTML =
    `<h2>Along ${escaped(along.label)} <span>${escaped(map.measure)}</span></h2>` +
    tag('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `Curves along ${head}` }, picture(drawn));
}

// The compared setting's values as numbers, and the cells of at most MOST groups; nothing where they are names.
function curves(map) {
  const by = map.by ?? 1,
    [along, over] = by ? [map.up, map.across] : [map.across, map.up],
    values = along.names.map((_, i) => along.values[i]);
  if (values.length < 3 || values.some((v) => typeof v !== 'number' || Math.abs(v) >= 1e8)) return null;
  const count = over.names.length,
    chosen = [...new Set(Array.from({ length: Math.min(MOST, count) }, (_, k) => pick(k, count)))];
  const found = chosen
    .map((g) => ({ name: over.names[g], points: pointsOf(map.cells, by, g, values) }))
    .filter(({ points }) => points.length > 1);
  return found.length ? { along, over, found, values } : null;
}

const pick = (k, count) => Math.round((k * (count - 1)) / Math.max(1, Math.min(MOST, count) - 1));

const pointsOf = (cells, by, group, values) =>
  cells
    .filter(({ at, value }) => at[by] === group && value?.[0] > 0)
    .map(({ at, value: [v, low, high] }) => ({ x: values[at[1 - by]], v, low: low ?? v, high: high ?? v }))
    .sort((a, b) => a.x - b.x);

function picture({ along, over, found, values }) {
  const all = found.flatMap(({ points }) => points.flatMap(({ v, low, high }) => [v, low, high])).filter((v) => v > 0),
    log = values.every((v) => v > 0) && Math.max(...values) / Math.min(...values) > 20,
    x = scale(values.map(log ? Math.log : Number), BOX.left + 4, BOX.right - 4, log),
    y = scale([Math.floor(lg(Math.min(...all))), Math.ceil(lg(Math.max(...all)) + 1e-9)], BOX.bottom, BOX.top),
    place = (v) => y(lg(Math.max(v, 1e-300))),
    tops = spread(found.map(({ points }) => place(points.at(-1).v)));
  const grid = decades(all).map((k) => {
    const at = y(k);
    return (
      line(BOX.left, at, BOX.right, at, { stroke: 'var(--line)' }) +
      words(BOX.left - 6, at + 4, { 0: '1', 1: '10', '-1': '0.1' }[k] ?? tenTo(k), { 'text-anchor': 'end', fill: INK2 })
    );
  });
  const own = along.own == null ? '' : ownLine(x(values[along.own]), along.names[along.own]);
  const drawn = found.map(({ name, points }, k) => {
    const opacity = found.length > 1 ? 0.4 + (0.6 * k) / (found.length - 1) : 1,
      to = (key) => points.map((p) => `${x(p.x).toFixed(1)} ${place(p[key]).toFixed(1)}`),
      band = `M${to('high').join('L')}L${to('low').reverse().join('L')}Z`;
    return (
      path(band, { fill: COLOUR, 'fill-opacity': 0.12 }) +
      path(`M${to('v').join('L')}`, { stroke: COLOUR, 'stroke-width': 1.5, 'stroke-opacity': opacity }) +
      words(BOX.right + 4, tops[k] + 4, name, { fill: INK2 })
    );
  });
  const names = ticksOf(values, x).map((i) =>
    words(x(values[i]), BOX.bottom + 15, along.names[i], { 'text-anchor': 'middle', fill: INK2 }),
  );
  return (
    grid.join('') +
    own +
    drawn.join('') +
    names.join('') +
    words((BOX.left + BOX.right) / 2, H - 4, along.label, { 'text-anchor': 'middle', fill: INK2 }) +
    words(BOX.right + 4, BOX.top - 4, over.label, { fill: INK2 })
  );
}

const COLOUR = 'var(--one-step)',
  INK2 = 'var(--ink-2)',
  lg = Math.log10;

const ownLine = (at, name) =>
  line(at, BOX.top, at, BOX.bottom, { stroke: INK2, 'stroke-dasharray': '2 3' }) +
  words(at + 4, BOX.top - 4, `the view’s ${name}`, { fill: INK2 });

function scale(values, from, to, log = false) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (v) => from + ((to - from) * ((log ? Math.log(v) : v) - low)) / (high - low || 1);
}

// Whole powers of ten, at most five of them.
function decades(all) {
  const low = Math.floor(lg(Math.min(...all))),
    high = Math.ceil(lg(Math.max(...all))),
    step = Math.max(1, Math.ceil((high - low) / 4));
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, k) => low + k * step);
}

// Those of the values whose names have room.
function ticksOf(values, x) {
  const kept = [];
  values.forEach((v, i) => {
    if (!kept.length || x(v) - x(values[kept.at(-1)]) > 26) kept.push(i);
  });
  return kept;
}

function spread(places) {
  const order = places.map((_, k) => k).sort((a, b) => places[a] - places[b]),
    out = [...places];
  order.forEach((k, i) => {
    if (i) out[k] = Math.max(out[k], out[order[i - 1]] + APART);
  });
  return out;
}
