// One list of marks, drawn on anything that has the strokes and fills of a canvas: a canvas, or `svg.js`.

import { FONT, T, type, ramp, rgba, themed } from '../theme.js';

const ARC = 16; // pieces of an arc
const PAINT = { line, band, area, arcs, bars, dots };

/** A colour of the light theme in this one, faint if it has an alpha. */
export const paint = ({ colour, alpha = 1 }) => themed(alpha < 1 ? rgba(colour, alpha) : colour);

/** Marks between the words: `at` turns values into pixels, X(σ), Y(value) and height(part of the height).
 * @param {CanvasRenderingContext2D} c @param {object[]} marks
 * @param {{X: Function, Y: Function, height: Function, top: number}} at */
export function drawMarks(c, marks, at) {
  for (const mark of marks) {
    if (mark.mark === 'text') continue;
    PAINT[mark.mark](c, mark, mark.on === 'height' ? { ...at, Y: at.height } : at);
  }
}

/** The words among the marks; `short` where there is little room.  What was drawn, and where:
 * {text, bold, x, y, align, base} of each. */
export function drawWords(c, marks, { X, Y }, short = false) {
  const drawn = [];
  for (const m of marks) {
    if (m.mark !== 'text') continue;
    const lift = (m.side === 'above' ? 3 : m.side === 'below' ? -2 : 0) + (m.lift ?? 0);
    const words = (short && m.short) || m.text,
      base = { above: 'bottom', below: 'top' }[m.side] ?? 'middle',
      [x, y] = [X(m.x) + (m.shift ?? 0), Y(m.y) - lift];
    write(c, words, x, y, { colour: themed(m.colour), bold: m.bold, align: m.anchor, base });
    drawn.push({ text: words, bold: m.bold, x, y, align: m.anchor, base });
  }
  return drawn;
}

/** A mark's curve as {x, y}: a line's own, or the stairs of bars. */
export function curveOf(mark) {
  if (mark.mark !== 'bars') return mark;
  return {
    x: mark.start.flatMap((s, i) => [s, mark.stop[i] * 1.0001]),
    y: mark.y.flatMap((v) => [v, v]),
  };
}

export function write(
  c,
  words,
  x,
  y,
  { colour = T.ink3, bold = false, align = 'left', base = 'middle', size = 11 } = {},
) {
  c.font = `${bold ? '600 ' : ''}${type(size)}px ${FONT}`;
  c.fillStyle = colour;
  c.textAlign = align;
  c.textBaseline = base;
  c.fillText(words, x, y);
}

export function segment(c, x0, y0, x1, y1) {
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
  c.stroke();
}

// ---- the kinds ----------------------------------------------------------------------------------

function pen(c, mark) {
  c.strokeStyle = paint(mark);
  c.lineWidth = mark.width ?? 1;
  c.lineJoin = 'round';
  c.setLineDash(mark.dash ?? []);
}

// Stroke and leave no dashes behind.
function stroke(c, mark) {
  c.stroke();
  if (mark.dash) c.setLineDash([]);
}

function line(c, mark, { X, Y }) {
  if (!mark.width) return;
  const { x, y } = mark;
  pen(c, mark);
  c.beginPath();
  let down = false;
  for (let i = 0; i < x.length; i++) {
    const here = x[i] != null && y[i] != null;
    if (here) down ? c.lineTo(X(x[i]), Y(y[i])) : c.moveTo(X(x[i]), Y(y[i]));
    down = here;
  }
  stroke(c, mark);
}

function band(c, mark, { X, Y }) {
  const { x, low, high, edge } = mark,
    there = x.map((_, i) => i).filter((i) => low[i] != null && high[i] != null);
  c.fillStyle = paint(mark);
  c.beginPath();
  there.forEach((i, k) => (k ? c.lineTo(X(x[i]), Y(high[i])) : c.moveTo(X(x[i]), Y(high[i]))));
  for (const i of there.reverse()) c.lineTo(X(x[i]), Y(low[i]));
  c.closePath();
  c.fill();
  if (!edge) return;
  pen(c, { ...mark, ...edge, width: 1 });
  stroke(c, edge);
}

function area(c, mark, { X, Y }) {
  const { x, y } = mark,
    last = x.length - 1;
  c.fillStyle = paint(mark);
  c.beginPath();
  c.moveTo(X(x[0]), Y(0));
  for (let i = 0; i <= last; i++) if (y[i] != null) c.lineTo(X(x[i]), Y(y[i]));
  c.lineTo(X(x[last]), Y(0));
  c.closePath();
  c.fill();
}

// The parabola 4 u (1 − u) over each step, cut at the top of the axis.
function arcs(c, mark, { X, Y, top }) {
  const { start, stop, height } = mark;
  if (!start.length) return;
  pen(c, mark);
  c.beginPath();
  for (let i = 0; i < start.length; i++) {
    const from = X(start[i]),
      wide = X(stop[i]) - from;
    c.moveTo(from, Y(0));
    for (let k = 1; k <= ARC; k++)
      c.lineTo(from + (wide * k) / ARC, Y(Math.min((k / 4) * (1 - k / ARC) * height[i], top)));
  }
  stroke(c, mark);
}

function bars(c, mark, { X, Y }) {
  if (!mark.width || !mark.start.length) return;
  pen(c, mark);
  c.beginPath();
  mark.start.forEach((s, i) => {
    if (mark.y[i] == null) return;
    c.moveTo(X(s), Y(mark.y[i]));
    c.lineTo(X(mark.stop[i]), Y(mark.y[i]));
  });
  stroke(c, mark);
}

function dots(c, mark, { X, Y }) {
  const sign = SIGNS[mark.shape],
    colour = paint(mark),
    rim = mark.ramp ? T.rim : mark.rim && themed(mark.rim);
  mark.x.forEach((s, i) => {
    if (s == null || mark.y[i] == null) return;
    c.beginPath();
    sign.path(c, X(s), Y(mark.y[i]), mark.size / 2);
    if (sign.open) {
      c.strokeStyle = colour;
      c.lineWidth = sign.open;
      c.stroke();
      return;
    }
    c.fillStyle = mark.ramp ? ramp(s) : colour;
    c.fill();
    if (!rim) return;
    c.strokeStyle = rim;
    c.lineWidth = 1;
    c.stroke();
  });
}

const round = (c, x, y, r) => c.arc(x, y, r, 0, 2 * Math.PI);
function corners(c, ...points) {
  points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
}
// Each sign's outline, and the width of its stroke if it is open.
const SIGNS = {
  circle: { path: round },
  ring: { path: round, open: 1.25 },
  diamond: { path: (c, x, y, r) => corners(c, [x, y - r], [x + r, y], [x, y + r], [x - r, y]), open: 1.25 },
  triangle: { path: (c, x, y, r) => corners(c, [x - r, y], [x + r, y - r], [x + r, y + r]) },
  square: { path: (c, x, y, r) => corners(c, [x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]) },
  tick: {
    path: (c, x, y, r) => {
      c.moveTo(x, y - 2 * r);
      c.lineTo(x, y + 2 * r);
    },
    open: 1,
  },
};
