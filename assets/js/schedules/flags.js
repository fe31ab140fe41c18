// Faults where they are: a flag with its number over the row, and a bracket over the steps it spans.

import { TOP } from './rows.js';
import { on, path, rect, tag, words } from './svg.js';

const BROKEN = 11; // px from the last level that is drawn
const APART = 18; // px between two flags
const INK = { wrong: 'var(--wrong)', know: 'var(--odd)', note: 'var(--ink-3)' };

/** The places of the flags: [{x, from, to}], none on another; null of a fault without a place.
 * @param {{at: number[] | null}[]} faults @param {number[]} levels
 * @param {ReturnType<import('./scale.js').axisOf>} axis */
export function placeFlags(faults, levels, axis) {
  const taken = [],
    free = (x, by) => {
      let at = x;
      while (taken.some((t) => Math.abs(t - at) < APART)) at += by;
      return at;
    };
  return faults.map(({ at }) => {
    if (!at || !(at[0] in levels)) return null;
    const ends = [at[0], Math.min(at[1], levels.length - 1)].map((i) => xOf(levels, i, axis)),
      [from, to] = [Math.min(...ends), Math.max(...ends)],
      middle = (from + to) / 2,
      right = free(middle, APART),
      x = right > axis.end - 9 ? free(middle, -APART) : right;
    taken.push(x);
    return { x, from, to };
  });
}

// Of what is no number: beside the last that is one, where the list is drawn no further.
function xOf(levels, i, axis) {
  if (!Number.isNaN(levels[i])) return axis.X(levels[i]);
  let before = i;
  while (before > 0 && Number.isNaN(levels[before])) before--;
  return axis.X(levels[before]) + BROKEN;
}

/** @param {object[]} faults @param {number[]} levels @param {ReturnType<import('./scale.js').axisOf>} axis */
export const drawFlags = (faults, levels, axis) =>
  placeFlags(faults, levels, axis)
    .map((place, i) => (place ? flag(place, faults[i].severity, i) : ''))
    .join('');

function flag({ x, from, to }, severity, i) {
  const ink = INK[severity],
    wrong = severity === 'wrong',
    spans = to - from > 6,
    y = TOP - (spans ? 15 : 11),
    ground = wrong ? ink : 'var(--surface)',
    [a, b] = [from.toFixed(1), to.toFixed(1)];
  const number = { 'font-weight': 600, 'text-anchor': 'middle', fill: wrong ? 'var(--surface)' : ink, ...on(ground) };
  return tag(
    'g',
    { 'data-fault': i },
    (spans ? path(`M${a} ${TOP + 1}v-5H${b}v5`, { stroke: ink, 'stroke-width': 1.5 }) : '') +
      rect(x - 8, y - 8, 16, 16, { rx: wrong ? 3 : 8, fill: ground, stroke: ink, 'stroke-width': 1.25 }) +
      words(x, y + 4, i + 1, number),
  );
}
