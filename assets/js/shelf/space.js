// All exact paths in 3-D, each in its own principal axes, turned by hand.

import { S, clamp, interp } from '../state.js';
import { short } from '../numbers.js';
import { T, ramp } from '../theme.js';
import { dot, once, segment, write } from '../draw/canvas.js';
import { at, chosen, column, least, linear } from './paths.js';

const heldScale = once();
let turn = { yaw: 0.5, pitch: 0.36 };

// Each axis has its own scale, PC 1 a log one as in 2-D: at one scale it is hundreds of times PC 3
// and there is nothing to see.
const HALF = [1.55, 0.8, 0.75]; // half the sides of the box

const extents = (p) =>
  heldScale(S.parts.path.key, () =>
    [0, 1, 2].map((m) => {
      let low = 0,
        high = 1e-9;
      for (let j = m; j < p.c.length; j += p.k) {
        low = Math.min(low, p.c[j]);
        high = Math.max(high, p.c[j]);
      }
      return { low, high };
    }),
  );

// Orthographic; PC 1 runs to the right as it shrinks (noise left, data right), PC 2 up, PC 3 to the eye.
function projection(p, { w, h }, foot) {
  const ends = extents(p),
    floor = least(p),
    cx = w / 2,
    cy = (h - foot) / 2;
  const [cosY, sinY, cosP, sinP] = [Math.cos(turn.yaw), Math.sin(turn.yaw), Math.cos(turn.pitch), Math.sin(turn.pitch)];
  const deep = HALF[0] * Math.abs(sinY) + HALF[2] * Math.abs(cosY),
    tall = HALF[1] * cosP + deep * Math.abs(sinP);
  const scale = Math.min(w / 4.2, (h - foot - 12) / 2 / tall); // the box fits however it is turned
  const box = (a, b, d) => {
    const x = a * HALF[0] * cosY + d * HALF[2] * sinY,
      z = d * HALF[2] * cosY - a * HALF[0] * sinY;
    return [cx + scale * x, cy - scale * (b * HALF[1] * cosP - z * sinP)];
  };
  const unit = (v, m) => (2 * (v - ends[m].low)) / (ends[m].high - ends[m].low) - 1;
  const way = (v) => 1 - (2 * Math.log(v / floor)) / Math.log(ends[0].high / floor);
  return { box, ends, point: (v) => (v[0] < floor ? null : box(way(v[0]), unit(v[1], 1), unit(v[2], 2))) };
}

export function drawSpace(c, p, size) {
  const wide = size.w > 340,
    foot = wide ? 18 : 32,
    { box, point, ends } = projection(p, size, foot),
    own = chosen(p);
  const path = (k) => p.sigma.map((_, i) => point([0, 1, 2].map((m) => at(p, i, k, m)))),
    paths = Array.from({ length: p.paths }, (_, k) => path(k));
  drawBox(c, box);
  c.lineJoin = 'round';
  c.lineWidth = 1;
  c.globalAlpha = T.dark ? 0.6 : 0.5;
  for (let i = 1; i < p.sigma.length; i++) {
    // one stroke a level: its colour is its σ
    c.beginPath();
    paths.forEach((q, k) => {
      if (k !== own && q[i - 1] && q[i]) {
        c.moveTo(...q[i - 1]);
        c.lineTo(...q[i]);
      }
    });
    c.strokeStyle = ramp(p.sigma[i]);
    c.stroke();
  }
  c.globalAlpha = 1;
  const kept = paths[own].filter(Boolean);
  c.beginPath();
  for (const q of kept) c.lineTo(...q);
  c.lineWidth = 2;
  c.strokeStyle = T.ink;
  c.stroke();
  kept.forEach((q, i) => dot(c, ...q, 2.25, ramp(p.sigma[i])));
  const most = (m) => short(Math.max(-ends[m].low, ends[m].high)),
    says = ['axes scaled separately', `PC 1 to ${most(0)} (log), PC 2 ±${most(1)}, PC 3 ±${most(2)}`];
  if (wide) write(c, says.join(': '), size.w / 2, size.h - 4, { align: 'center' });
  else says.forEach((words, j) => write(c, words, size.w / 2, size.h - 17 + 13 * j, { align: 'center' }));
  return (sigma) =>
    point(
      [0, 1, 2].map((m) => (m ? linear(p.sigma, column(p, own, m), sigma) : interp(p.sigma, column(p, own, 0), sigma))),
    );
}

function drawBox(c, box) {
  c.lineWidth = 1;
  c.strokeStyle = T.line;
  for (const [u, v] of [
    [-1, -1],
    [-1, 1],
    [1, -1],
    [1, 1],
  ]) {
    segment(c, ...box(-1, u, v), ...box(1, u, v));
    segment(c, ...box(u, -1, v), ...box(u, 1, v));
    segment(c, ...box(u, v, -1), ...box(u, v, 1));
  }
  // each name stands at the outermost of its four edges
  const ends = [-1, 1].flatMap((u) => [-1, 1].map((v) => [u, v])),
    best = (list, by) => list.reduce((m, q) => (by(q) > by(m) ? q : m));
  const [x1, y1] = best(
      ends.map(([u, v]) => box(0, u, v)),
      (q) => q[1],
    ),
    [x2, y2] = best(
      ends.map(([u, v]) => box(u, 0, v)),
      (q) => -q[0],
    );
  const [x3, y3] = best(
    ends.map(([u, v]) => box(u, v, 0)),
    (q) => q[1] + 0.5 * q[0],
  );
  write(c, 'PC 1', x1, y1 + 11, { align: 'center', halo: true });
  write(c, 'PC 2', Math.max(28, x2 - 5), y2 + 4, { align: 'right', halo: true });
  write(c, 'PC 3', x3 + 5, y3 + 6, { halo: true });
}

// Drag or arrow keys turn it.
export function wireTurning(root, redraw) {
  let from = null;
  const turned = (yaw, pitch) => {
    turn = { yaw: turn.yaw + yaw, pitch: clamp(turn.pitch + pitch, -1.4, 1.4) };
    redraw();
  };
  const on = () => root.classList.contains('turns');
  root.addEventListener('pointerdown', (e) => {
    if (on()) {
      from = [e.clientX, e.clientY];
      root.setPointerCapture(e.pointerId);
    }
  });
  root.addEventListener('pointermove', (e) => {
    if (!from || !on()) return;
    turned((e.clientX - from[0]) * 0.01, (e.clientY - from[1]) * 0.01);
    from = [e.clientX, e.clientY];
  });
  for (const name of ['pointerup', 'pointercancel'])
    root.addEventListener(name, () => {
      from = null;
    });
  root.addEventListener('keydown', (e) => {
    const by =
      on() && { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, -0.12], ArrowDown: [0, 0.12] }[e.key];
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    turned(...by);
  });
}
