// The strips that every move of a slider changes, drawn on a canvas over the Plotly figure: the same
// traces, a tenth of the time.  It knows the few kinds of trace that the spine uses.

import { FONT, T, ramp, themed } from '../theme.js';
import { G } from './scale.js';

const dashes = { dot: [1.5, 3], dash: [7, 5] };
const dashOf = (d) => (!d ? [] : (dashes[d] ?? d.split(',').map(parseFloat)));

export function surface(canvas, w, h) {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    [canvas.width, canvas.height] = [Math.round(w * ratio), Math.round(h * ratio)];
    [canvas.style.width, canvas.style.height] = [`${w}px`, `${h}px`];
  }
  const c = canvas.getContext('2d');
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, h);
  return c;
}

// One strip: frame, traces, then its words.  X and Y turn values into pixels.
export function drawStrip(c, strip, row, X, Y, xTicks, traces) {
  c.strokeStyle = T.grid;
  c.lineWidth = 1;
  for (const v of xTicks) segment(c, Math.round(X(v)) + 0.5, row.top, Math.round(X(v)) + 0.5, row.bottom);
  c.font = `11px ${FONT}`;
  c.textAlign = 'right';
  c.textBaseline = 'middle';
  for (const [v, text] of strip.ticks) {
    const y = Math.round(Y(v)) + 0.5;
    if (v < strip.range[0] * 0.999 || v > strip.range[1] * 1.001) continue;
    if (strip.grid !== false) segment(c, G.x0, y, G.x1, y);
    c.fillStyle = T.ink3;
    c.fillText(text, G.x0 - 4, y);
  }
  within(c, row, () => {
    for (const shape of strip.shapes ?? []) rectangle(c, shape, X, Y);
    for (const trace of traces)
      drawTrace(c, trace, X, trace.meta?.overlay ? (v) => row.bottom - ((row.bottom - row.top) * v) / 1.9 : Y);
  });
}

// Draw, and nothing outside the strip's body.
export function within(c, row, draw) {
  c.save();
  c.beginPath();
  c.rect(G.x0 - 4, row.top - 2, G.x1 - G.x0 + 8, row.bottom - row.top + 4);
  c.clip();
  draw();
  c.restore();
}

const segment = (c, x0, y0, x1, y1) => {
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
  c.stroke();
};

function rectangle(c, { x0, x1, y0, y1, fillcolor, line }, X, Y) {
  const [a, b, p, q] = [X(x0), X(x1), Y(y1), Y(y0)];
  c.fillStyle = themed(fillcolor);
  c.fillRect(a, p, b - a, q - p);
  if (!line?.width) return;
  c.strokeStyle = themed(line.color);
  c.lineWidth = line.width;
  c.setLineDash(dashOf(line.dash));
  c.strokeRect(a, p, b - a, q - p);
  c.setLineDash([]);
}

export function drawTrace(c, trace, X, Y) {
  const { x, y, mode = 'lines' } = trace;
  if (trace.fill === 'toself') {
    c.fillStyle = themed(trace.fillcolor);
    path(c, x, y, X, Y);
    c.fill();
  }
  if (trace.fill === 'tozeroy') {
    const base = Y(0),
      last = x.length - 1;
    c.fillStyle = themed(trace.fillcolor);
    path(c, x, y, X, Y);
    c.lineTo(X(x[last]), base);
    c.lineTo(X(x[0]), base);
    c.fill();
  }
  if (mode.includes('lines') && trace.line?.width) {
    c.strokeStyle = themed(trace.line.color);
    c.lineWidth = trace.line.width;
    c.lineJoin = 'round';
    c.setLineDash(dashOf(trace.line.dash));
    path(c, x, y, X, Y);
    c.stroke();
    c.setLineDash([]);
  }
  if (mode.includes('markers')) x.forEach((v, i) => v != null && y[i] != null && marker(c, trace, i, X(v), Y(y[i])));
}

function path(c, x, y, X, Y) {
  c.beginPath();
  let pen = false;
  for (let i = 0; i < x.length; i++) {
    if (x[i] == null || y[i] == null) {
      pen = false;
      continue;
    }
    pen ? c.lineTo(X(x[i]), Y(y[i])) : c.moveTo(X(x[i]), Y(y[i]));
    pen = true;
  }
}

function marker(c, trace, i, x, y) {
  const { size, color, symbol = 'circle', line } = trace.marker,
    r = size / 2;
  const levels = trace.meta?.ramp;
  c.beginPath();
  if (symbol === 'line-ns') {
    c.strokeStyle = themed(line.color);
    c.lineWidth = 1;
    segment(c, x, y - size, x, y + size);
    return;
  }
  if (symbol === 'triangle-left') {
    c.moveTo(x - r, y);
    c.lineTo(x + r, y - r);
    c.lineTo(x + r, y + r);
    c.closePath();
  } else if (symbol === 'diamond-open') {
    c.moveTo(x, y - r);
    c.lineTo(x + r, y);
    c.lineTo(x, y + r);
    c.lineTo(x - r, y);
    c.closePath();
  } else c.arc(x, y, r, 0, 7);
  if (symbol.endsWith('-open')) {
    c.strokeStyle = themed(color);
    c.lineWidth = line?.width ?? 1.25;
    c.stroke();
    return;
  }
  c.fillStyle = levels ? ramp(levels[i]) : themed(color);
  c.fill();
  if (line?.width || levels) {
    c.strokeStyle = levels ? T.rim : themed(line.color);
    c.lineWidth = 1;
    c.stroke();
  }
}

// The common axis under the lowest strip.
export function drawAxis(c, ticks, bottom, title) {
  c.strokeStyle = T.line;
  segment(c, G.x0, bottom + 0.5, G.x1, bottom + 0.5);
  for (const v of ticks) write(c, String(v), G.X(v), bottom + 8, T.ink3, 'center', 'top');
  c.font = `12px ${FONT}`;
  c.fillStyle = T.ink2;
  c.fillText(title, (G.x0 + G.x1) / 2, bottom + 30);
}

// A Plotly annotation in pixels; of its markup <b> is known, and <sub> becomes plain.
export function write(c, text, x, y, colour, anchor, baseline) {
  const bold = text.startsWith('<b>');
  c.font = `${bold ? '600 ' : ''}11px ${FONT}`;
  c.fillStyle = colour;
  c.textAlign = anchor;
  c.textBaseline = baseline;
  c.fillText(text.replace(/<sub>(.*?)<\/sub>/g, '‑$1').replace(/<\/?b>/g, ''), x, y);
}
