// The strip of steps under a phone's scrubber: the spine's own marks on a canvas of its own, over the whole
// axis, so that the arcs stay in sight while a slider is dragged.

import { $, S, clamp, highest, lowest, set, stepAt } from '../state.js';
import { T, themed } from '../theme.js';
import { open, sizeOf } from '../draw/canvas.js';
import { drawMarks, write } from '../draw/marks.js';
import { placeLabels } from '../draw/labels.js';
import { sigmaScale, sigmaTicks, valueScale } from '../draw/scale.js';
import { G, wholeRange } from '../strips/layout.js';
import { widthOf } from '../strips/draw.js';
import { phone } from './phone.js';

const SIDE = 12, // the scrubber's track and a little: the dots keep their rims
  TOP = 14, // the shares over the arcs
  FOOT = 18; // the levels under them

let N = null; // the geometry of what is drawn

const stripOf = () => G?.all.find((strip) => strip.name === 'steps'); // as the spine has it

function measure() {
  const { w, h, ratio } = sizeOf($('#near')),
    [left, right] = wholeRange();
  N = { w, h, ratio, left, right, top: TOP, bottom: h - FOOT, ...sigmaScale(left, right, SIDE, w - SIDE) };
}

/** The arcs of the steps, the levels under them and what the largest make. */
export function drawNear() {
  if (!phone() || !S.parts.run) return;
  measure();
  if (N.w < 50 || N.h < 40) return;
  const strip = stripOf(),
    c = open($('#near canvas'), N);
  drawAxis(c, strip);
  if (strip) drawStrip(c, strip);
  paintNear();
}

function drawStrip(c, strip) {
  const Y = valueScale(strip.axis, N.top, N.bottom),
    at = { X: N.X, Y, height: (part) => N.bottom - part * (N.bottom - N.top), top: strip.axis.range[1] };
  c.save();
  c.beginPath();
  c.rect(0, 0, N.w, N.bottom + 6);
  c.clip();
  drawMarks(c, strip.marks, at);
  drawMarks(c, strip.over, at);
  c.restore();
  const room = { x0: SIDE, x1: N.w - SIDE, X: N.X, inverse: N.inverse, least: -1e9, short: true };
  const row = { ...room, top: N.top, bottom: N.bottom, Y };
  for (const { text, bold, colour, x, y } of placeLabels(strip.curves, row, [], widthOf))
    write(c, text, x, y, { bold, colour: themed(colour) });
  drawShares(c, strip, Y);
}

// The words among the marks, none over another and none out of the strip.
function drawShares(c, strip, Y) {
  const taken = [];
  for (const m of strip.marks) {
    if (m.mark !== 'text' || !m.bold || m.y < 0) continue;
    const text = m.short || m.text,
      half = widthOf(text, m.bold) / 2,
      x = clamp(N.X(m.x), half, N.w - half),
      y = Math.max(Y(m.y) - 3, 11);
    if (taken.some(([a, b]) => Math.abs(a - x) < half + b + 4)) continue;
    taken.push([x, half]);
    write(c, text, x, y, { colour: themed(m.colour), bold: m.bold, align: 'center', base: 'bottom' });
  }
}

function drawAxis(c) {
  let end = -1;
  for (const v of sigmaTicks(N.right, N.left)) {
    const text = String(+v.toPrecision(6)),
      half = widthOf(text) / 2,
      x = clamp(N.X(v), half + 22, N.w - half);
    if (x - half < end + 6) continue;
    end = x + half;
    write(c, text, x, N.h - 2, { colour: T.ink3, align: 'center', base: 'bottom' });
  }
  write(c, 'σ', SIDE, N.h - 2, { colour: T.ink2, size: 12, base: 'bottom' });
}

/** The cursor and the step it lies in: transforms alone. */
export function paintNear() {
  if (!phone() || !N || !S.parts.run || S.sigma == null) return;
  const g = S.parts.run.sigma,
    j = stepAt(S.sigma),
    inside = (s) => clamp(N.X(s), SIDE, N.w - SIDE),
    a = inside(g[j]),
    b = g[j + 1] > 0 ? inside(g[j + 1]) : N.w - SIDE;
  $('#near .line').style.transform = `translateX(${inside(S.sigma) - 0.5}px)`;
  $('#near .hop').style.transform = `translateX(${a}px) scaleX(${Math.max(b - a, 0)})`;
}

/** A finger on the strip moves the cursor; one that goes up or down scrolls the page. */
export function initNear(go) {
  const root = $('#near');
  let down = false;
  const at = (e) => {
    set({ peek: null });
    go(clamp(N.inverse(e.clientX - root.getBoundingClientRect().left), lowest(), highest()));
  };
  root.addEventListener('pointerdown', (e) => {
    if (!N) return;
    down = true;
    at(e);
  });
  root.addEventListener('pointermove', (e) => down && at(e));
  for (const end of ['pointerup', 'pointercancel', 'pointerleave'])
    root.addEventListener(end, () => {
      down = false;
    });
}
