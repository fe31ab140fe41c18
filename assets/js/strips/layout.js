// The pixels of the σ spine: a row for each strip under its head, over one σ axis that can be zoomed.

import { $, highest, lowest } from '../state.js';
import { sizeOf } from '../draw/canvas.js';
import { sigmaScale, valueScale } from '../draw/scale.js';
import { type } from '../theme.js';
import { shown } from './strips.js';

export let HEAD = 26,
  BOTTOM = 48;
const LEFT = 44,
  RIGHT = 10;

export let G = null; // shared by the drawings, the overlay and the pointer
const LEAST = 620; // of a picture of all strips
let zoom = null; // [high, low] of σ, or null for the whole range
export const zoomTo = (range) => {
  zoom = range;
};
export const zoomed = () => zoom != null;

// The whole axis: a little wider than the schedule, and stepwise, so that it holds still in a drag.
export function wholeRange() {
  const top = highest(),
    bottom = lowest();
  return [top <= 80.1 ? 95 : top <= 160 ? 190 : 1190, bottom >= 0.00199 ? 0.00135 : 6.6e-5];
}

/** Sets G anew; `every`: with each strip, for a picture of them that no window limits. */
export function measure(every = false) {
  [HEAD, BOTTOM] = [26, 48].map(type);
  const room = sizeOf($('#axis')),
    all = shown(every),
    { w, ratio } = room,
    h = every ? Math.max(room.h, LEAST) : room.h;
  const body = h - BOTTOM - HEAD * all.length,
    total = all.reduce((sum, s) => sum + s.height, 0);
  const [left, right] = zoom ?? wholeRange(),
    x0 = type(LEFT),
    x1 = w - RIGHT;
  let y = 0;
  const rows = all.map((strip) => {
    const top = y + HEAD;
    y = top + (body * strip.height) / total;
    return { head: top - HEAD, top, bottom: y, Y: valueScale(strip.axis, top, y) };
  });
  G = { w, h, ratio, rows, x0, x1, left, right, all, middle: w < 500, ...sigmaScale(left, right, x0, x1) };
}
