// Examples to start from, each with two of its lists drawn small.

import { escaped, path } from './svg.js';

const WIDTH = 500;

/** The arcs of a list along its own part of an axis.
 * @param {number[]} levels @param {[number, number]} ends ln σ at both @param {number} y @param {string} ink */
export function comb(levels, [left, right], y, ink) {
  const X = (s) => 10 + ((WIDTH - 20) * (left - Math.log(s))) / (left - right);
  return levels
    .slice(1)
    .map((s, i) => {
      const [a, b] = [X(levels[i]), X(s)],
        top = y - Math.min(26, Math.abs(b - a) * 0.7);
      const d = `M${a.toFixed(1)} ${y}Q${((a + b) / 2).toFixed(1)} ${top.toFixed(1)} ${b.toFixed(1)} ${y}`;
      return path(d, { stroke: ink });
    })
    .join('');
}

/** @param {{name: string, title: string, note: string, lists: number[][]}[]} examples */
export const cards = (examples) =>
  examples
    .map(({ name, title, note, lists }) => {
      const logs = lists.flat().map(Math.log),
        ends = [Math.max(...logs) + 0.3, Math.min(...logs) - 0.3];
      const drawn = lists.map((l, k) => comb(l, ends, [15, 32][k], ['var(--list-1)', 'var(--list-3)'][k])).join('');
      return (
        `<button class="sch-card" data-example="${name}"><b>${escaped(title)}</b><span>${escaped(note)}</span>` +
        `<svg viewBox="0 0 ${WIDTH} 34" preserveAspectRatio="none" aria-hidden="true">${drawn}</svg></button>`
      );
    })
    .join('');
