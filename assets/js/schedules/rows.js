// The rows of the figure: each list as hops, with its name at the left.

import { arc, barOf, drawable, halfOf, heightOf, lengths, open, strokeOf } from './hops.js';
import { RIM, escaped, line, path, rect, tag, words } from './svg.js';

export const TOP = 28; // of the strip of flags
const COLOURS = { yours: 'list-1', mended: 'list-3', reference: 'reference', optimised: 'list-5' };
const OTHERS = ['list-2', 'list-3', 'list-5'];
const MIDDLE = { 'text-anchor': 'middle' };
const SMALL = { ...MIDDLE, fill: 'var(--ink-3)' };

/** The colour of each row: by what it is, and for the others in turn.
 * @param {{role: string}[]} rows */
export function colours(rows) {
  const held = new Set(rows.map(({ role }) => COLOURS[role]).filter(Boolean)),
    free = OTHERS.filter((name) => !held.has(name));
  let next = 0;
  return rows.map(({ role }) => `var(--${COLOURS[role] ?? free[next++ % Math.max(free.length, 1)] ?? 'list-2'})`);
}

/** How high a row is: fewer rows get more room.
 * @param {number} count @param {boolean} narrow */
export const rowHeight = (count, narrow) => (narrow ? 64 : count > 4 ? 52 : count > 3 ? 61 : 78);

/** Where everything of a row stands.
 * @param {number} k @param {number} count @param {ReturnType<import('./scale.js').axisOf>} axis
 * @param {boolean} shares whether a row has bars of its error */
export function place(k, count, axis, shares) {
  const narrow = axis.look === 'narrow',
    height = rowHeight(count, narrow),
    top = TOP + k * height;
  return {
    top,
    height,
    baseline: top + height - (shares ? 14 : 10),
    room: (narrow ? 28 : height - 17) - (shares ? 4 : 0),
  };
}

/** All rows as SVG text, and its height.
 * @param {object} told the server's answer @param {ReturnType<import('./scale.js').axisOf>} axis */
export function drawRows(told, axis) {
  const { rows } = told,
    shares = rows.some((r) => r.shares),
    at = rows.map((_, k) => place(k, rows.length, axis, shares)),
    bottom = at.at(-1).top + at.at(-1).height,
    inks = colours(rows),
    own = rows.find((r) => r.role === 'yours') ?? rows[0],
    scale = heightOf(own.levels, at[0].room);
  const parts = [ground(told, axis, bottom)];
  rows.forEach((row, k) => {
    if (k) parts.push(line(0, at[k].top, axis.width, at[k].top, { stroke: 'var(--line)' }));
    parts.push(nameOf(row, at[k], axis, inks[k], told.ghost));
    const look = { ink: inks[k], scale, at: at[k], axis, ghost: told.ghost, from: from(row, told) };
    parts.push(tag('g', { opacity: told.ghost ? 0.3 : null }, hops(row, look)));
  });
  return { svg: parts.join(''), height: bottom + 6, at, inks };
}

// Of your list, the step that a strength below 1 begins with.
const from = (row, told) => (row.role === 'yours' ? (told.cut?.from ?? 0) : 0);

function ground({ axis: ends }, axis, bottom) {
  const { zero, inf } = axis.zones,
    sunken = { fill: 'var(--sunken)', opacity: 0.7 },
    out = [];
  if (inf) {
    out.push(rect(inf[0], TOP, inf[1] - inf[0], bottom - TOP, sunken));
    out.push(words((inf[0] + inf[1]) / 2, TOP - 8, '∞', { ...SMALL, 'font-size': 12 }));
  }
  out.push(rect(zero[0], TOP, zero[1] - zero[0], bottom - TOP, sunken));
  out.push(words((zero[0] + zero[1]) / 2, TOP - 8, '→ 0', SMALL));
  if (ends.trained) out.push(untrained(ends.trained, axis, bottom));
  for (let e = -6; e < 7; e++) {
    const x = axis.X(10 ** e);
    if (x > axis.low && x < axis.high) out.push(line(x, TOP, x, bottom, { stroke: 'var(--grid)' }));
  }
  return out.join('');
}

function untrained([high, low], axis, bottom) {
  const left = axis.low - 2,
    right = axis.high + 2,
    out = [];
  for (const [a, b] of [
    [left, Number.isFinite(high) ? axis.X(high) : left],
    [low > 0 ? axis.X(low) : right, right],
  ]) {
    if (b - a < 2) continue;
    out.push(rect(a, TOP, b - a, bottom - TOP, { fill: 'url(#sch-hatch)', opacity: 0.55 }));
    if (b - a > 76) out.push(words((a + b) / 2, TOP - 8, 'not trained', SMALL));
  }
  return out.join('');
}

function nameOf(row, { top, height }, axis, ink, ghost) {
  const steps = Math.max(row.levels.length - 1, 0);
  if (axis.look === 'narrow') {
    const room = Math.max(8, Math.floor(axis.width / 6) - row.label.length - 8),
      name = tag('tspan', { 'font-weight': 600, fill: ink }, escaped(row.label)),
      said = ghost ? row.source : `${row.source}, ${steps}`,
      source = tag('tspan', { dx: 4, fill: 'var(--ink-3)' }, escaped(cut(said, room)));
    return tag('text', { x: 4, y: top + 13, 'font-size': 11 }, name + source);
  }
  const middle = top + height / 2,
    wide = axis.look === 'wide',
    y = middle + (wide ? -3 : 4),
    weight = row.role === 'yours' ? 600 : null,
    bold = { 'font-size': 13, fill: 'var(--ink)', 'font-weight': weight, cursor: 'pointer' },
    count = { 'font-size': 12, fill: 'var(--ink-2)', 'text-anchor': 'end' };
  return [
    rect(0, middle - 15, 4, 28, { rx: 1.5, fill: ink }),
    words(12, y, cut(row.label, (axis.gutter - 48) / 6.8), bold),
    wide ? words(12, middle + 12, cut(row.source, (axis.gutter - 20) / 5.8), { fill: 'var(--ink-3)' }) : '',
    ghost ? '' : words(axis.gutter - 10, y, steps, count),
  ].join('');
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, Math.floor(most) - 1)}…` : text);

function hops(row, look) {
  const { ink, at, axis, scale } = look,
    levels = drawable(row.levels),
    long = lengths(levels),
    most = Math.max(...long.map((v) => v ?? 0)),
    half = row.shares ? halfOf(row.shares) : 0,
    out = [line(axis.gutter, at.baseline, axis.end, at.baseline, { stroke: ink, 'stroke-opacity': 0.35 })];
  long.forEach((v, i) => {
    const [p, q] = [axis.X(levels[i]), axis.X(levels[i + 1])];
    out.push(v == null ? beyond(p, q, i, look) : hop(row, { p, q, i, v, half }, look));
    if (v * scale > at.room && v === most && q - p > 90 && axis.look !== 'narrow')
      out.push(
        words((p + q) / 2, at.baseline - at.room + 13, `Δ ln σ ${v.toFixed(2)}`, { fill: ink, ...MIDDLE, ...RIM }),
      );
  });
  levels.forEach((s, i) => out.push(dot(axis.X(s), i, look)));
  if (levels.length < row.levels.length && levels.length) out.push(broken(axis.X(levels.at(-1)), at.baseline));
  if (axis.look !== 'narrow') out.push(said(row, levels, long, look));
  return out.join('');
}

const faint = (i, look) => (i < look.from ? 0.25 : null);

// From ∞, or to 0: no height.
const beyond = (p, q, i, look) =>
  path(open(p, q, look.at.baseline), {
    stroke: look.ink,
    'stroke-dasharray': '2 3',
    opacity: faint(i, look) ?? 0.8,
  });

function hop(row, { p, q, i, v, half }, look) {
  const share = row.shares?.[i],
    width = strokeOf(share, half),
    drawn = path(arc(p, q, look.at.baseline, Math.min(look.at.room, v * look.scale)), {
      stroke: look.ink,
      'stroke-width': width,
      'stroke-dasharray': look.ghost ? '2 3' : null,
      opacity: faint(i, look) ?? (width === 1 ? 0.7 : null),
    });
  return share > 0.004 ? drawn + bar(p, q, share, half, row.stale, look) : drawn;
}

const bar = (p, q, share, half, stale, { at, ink }) =>
  rect(p + 1, at.baseline + 2, Math.max(1, q - p - 2), barOf(share, 11), {
    fill: ink,
    opacity: stale ? 0.3 : share >= half ? 0.95 : 0.4,
  });

const dot = (cx, i, look) =>
  tag('circle', {
    cx,
    cy: look.at.baseline,
    r: look.axis.look === 'narrow' ? 1.8 : 2.4,
    fill: look.ink,
    stroke: 'var(--surface)',
    'stroke-width': 0.8,
    opacity: faint(i, look),
  });

// Where a list can be drawn no further.
const broken = (x, y) =>
  path(`M${(x + 7).toFixed(1)} ${y - 5}l8 10m0 -10l-8 10`, { stroke: 'var(--wrong)', 'stroke-width': 1.75 });

// That a list is the same as yours, and which step makes most of the error.
function said(row, levels, long, { at, axis, ink, scale }) {
  if (row.twin) return words(axis.low + 6, at.top + 15, row.twin, { fill: 'var(--ink-3)', ...RIM });
  if (row.role !== 'yours' || !row.shares) return '';
  const i = row.shares.indexOf(Math.max(...row.shares));
  if (!(row.shares[i] > 0.02) || long[i] == null) return '';
  const text = row.stale ? 'of the list before' : `${Math.round(100 * row.shares[i])} %`,
    y = Math.max(TOP + 10, at.baseline - long[i] * scale - 5);
  return words((axis.X(levels[i]) + axis.X(levels[i + 1])) / 2, y, text, {
    'font-weight': 600,
    fill: ink,
    ...MIDDLE,
    ...RIM,
  });
}
