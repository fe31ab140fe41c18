// Where the names of curves stand.

import { type } from '../theme.js';

/** Names at the right of their curves, made for a figure of one height, on one of another.
 * @param {object[]} notes annotations of Plotly @param {number} pixels the height that there is */
export function apart(notes, pixels) {
  const gap = type(14) / Math.max(pixels, 1),
    names = notes.filter((a) => a.xref === 'paper' && a.x === 1.01).sort((a, b) => a.y - b.y);
  for (let i = 1; i < names.length; i++) names[i].y = Math.max(names[i].y, names[i - 1].y + gap);
  const over = names.length ? Math.max(0, names.at(-1).y - 1) : 0;
  for (let i = names.length - 1; i >= 0; i--)
    names[i].y = Math.min(names[i].y, i === names.length - 1 ? names[i].y - over : names[i + 1].y - gap);
  return notes;
}
