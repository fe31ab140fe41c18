// The strips on a canvas or, saved, as SVG: frame, marks, words and the names of curves.

import { FONT, T, themed, type } from '../theme.js';
import { placeLabels } from '../draw/labels.js';
import { drawMarks, drawWords, segment, write } from '../draw/marks.js';
import { sigmaTicks, valueTicks } from '../draw/scale.js';
import { BOTTOM } from './layout.js';

let ruler = null;
/** The width of words in pixels. */
export function widthOf(text, bold, size = 11) {
  ruler ??= document.createElement('canvas').getContext('2d');
  ruler.font = `${bold ? 600 : 400} ${type(size)}px ${FONT}`;
  return ruler.measureText(text).width;
}

/** The strips of one layer with all that lies on them; the run's marks over a strip belong to its layer.
 * @param {CanvasRenderingContext2D} c @param {object} G  the geometry @param {'data' | 'run'} layer */
export function drawLayer(c, G, layer) {
  const taken = [];
  G.all.forEach((strip, i) => {
    const row = G.rows[i],
      at = placing(G, i);
    if (strip.layer === layer) {
      drawFrame(c, strip, row, G);
      within(c, G, row, () => drawMarks(c, strip.marks, at));
    }
    if (layer === 'run' && strip.over.length) within(c, G, row, () => drawMarks(c, strip.over, at));
  });
  G.all.forEach((strip, i) => {
    if (strip.layer !== layer) return;
    taken.push(...drawWords(c, strip.marks, placing(G, i), G.middle).map(boxOf));
    for (const { text, bold, colour, x, y } of placeLabels(strip.curves, roomOf(strip, i, G), taken, widthOf))
      write(c, text, x, y, { bold, colour: themed(colour) });
  });
}

// What drawn words take: [left, top, right, bottom].
function boxOf({ text, bold, x, y, align, base }) {
  const [w, h] = [widthOf(text, bold), type(13)],
    left = x - w * ({ center: 0.5, right: 1, end: 1 }[align] ?? 0),
    top = y - h * { bottom: 1, middle: 0.5, top: 0 }[base];
  return [left, top, left + w, top + h];
}

function placing(G, i) {
  const { top, bottom, Y } = G.rows[i];
  return { X: G.X, Y, height: (part) => bottom - part * (bottom - top), top: G.all[i].axis.range[1] };
}

function roomOf({ axis }, i, { x0, x1, X, inverse, rows, middle }) {
  const least = axis.log ? axis.range[0] * 0.5 : -1e9;
  return { x0, x1, X, inverse, least, short: middle, ...rows[i] };
}

function drawFrame(c, { axis, empty }, row, { X, x0, x1, left, right }) {
  if (empty) return; // words stand there
  c.strokeStyle = T.grid;
  c.lineWidth = 1;
  for (const v of sigmaTicks(right, left)) {
    const x = Math.round(X(v)) + 0.5;
    segment(c, x, row.top, x, row.bottom);
  }
  for (const [v, text] of valueTicks(axis)) {
    const y = Math.round(row.Y(v)) + 0.5;
    c.strokeStyle = T.grid;
    if (axis.grid !== false) segment(c, x0, y, x1, y);
    write(c, text, x0 - 4, y, { align: 'right' });
  }
}

// Draw, and nothing outside the strip's body.
function within(c, { x0, x1 }, { top, bottom }, draw) {
  c.save();
  c.beginPath();
  c.rect(x0 - 4, top - 2, x1 - x0 + 8, bottom - top + 4);
  c.clip();
  draw();
  c.restore();
}

/** The common axis under the lowest strip. */
export function drawAxis(c, { X, x0, x1, h, left, right }) {
  const bottom = h - BOTTOM;
  c.strokeStyle = T.line;
  c.lineWidth = 1;
  segment(c, x0, bottom + 0.5, x1, bottom + 0.5);
  for (const v of sigmaTicks(right, left))
    write(c, String(+v.toPrecision(6)), X(v), bottom + type(8), { align: 'center', base: 'top' });
  write(c, 'noise level σ', (x0 + x1) / 2, bottom + type(30), {
    colour: T.ink2,
    size: 12,
    align: 'center',
    base: 'top',
  });
}
