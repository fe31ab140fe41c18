// Samples that are points, on small canvases with one range: those of a run, with where their exact paths end;
// and the ends of two runs from one noise, with a line between.

import { unpack } from '../state.js';
import { T, rgba } from '../theme.js';

/** (x, y) one after the other. @param {string} text */
export const points = (text) => (text ? unpack.floats(text) : new Float32Array(0));

const INNER = 0.02; // of the values on either side that do not choose the range

/** The square that holds nearly all of these, with a rim: [x, y of the middle, half its side].
 * @param {Float32Array[]} all */
export function rangeOf(all) {
  const ends = [0, 1].map((m) => {
    const values = all.flatMap((p) => [...p].filter((v, i) => i % 2 === m && Number.isFinite(v))).sort((a, b) => a - b);
    const at = (part) => values[Math.round(part * (values.length - 1))] ?? 0;
    return [at(INNER), at(1 - INNER)];
  });
  const half = Math.max(...ends.map(([low, high]) => (high - low) / 2), 1e-6) * 1.18;
  return [...ends.map(([low, high]) => (low + high) / 2), half];
}

function place(canvas, size, [cx, cy, half]) {
  const ratio = devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(size * ratio), height: Math.round(size * ratio) });
  Object.assign(canvas.style, { width: `${size}px`, height: `${size}px` });
  const c = canvas.getContext('2d'),
    within = (v) => Math.max(3, Math.min(size - 3, v));
  c.scale(ratio, ratio);
  c.clearRect(0, 0, size, size);
  c.strokeStyle = T.line;
  c.strokeRect(0.5, 0.5, size - 1, size - 1);
  const at = (list, k) => [
    within(size / 2 + ((list[2 * k] - cx) / half) * (size / 2)),
    within(size / 2 - ((list[2 * k + 1] - cy) / half) * (size / 2)),
  ];
  return { c, at };
}

function dots(c, at, list, r, fill, chosen = null) {
  c.fillStyle = fill;
  c.beginPath();
  for (let k = 0; k < list.length / 2; k++) {
    if (chosen && !chosen(k)) continue;
    const [x, y] = at(list, k);
    c.moveTo(x + r, y);
    c.arc(x, y, r, 0, 2 * Math.PI);
  }
  c.fill();
}

/** A run's samples over where their exact paths end; those that ended elsewhere in red.
 * @param {HTMLCanvasElement} canvas @param {number} size CSS pixels
 * @param {{range: number[], mine: Float32Array, exact: Float32Array, astray?: number[], colour: string}} given */
export function drawPoints(canvas, size, { range, mine, exact, astray = [], colour }) {
  const { c, at } = place(canvas, size, range),
    away = new Set(astray),
    r = size > 150 ? 2.2 : 1.6;
  dots(c, at, exact, r, rgba(T.reference, 0.45));
  dots(c, at, mine, r, colour, (k) => !away.has(k));
  dots(c, at, mine, r, T.stochastic, (k) => away.has(k));
}

/** Both ends of each noise with a line between.
 * @param {HTMLCanvasElement} canvas @param {number} size
 * @param {{range: number[], a: Float32Array, b: Float32Array, colours: string[]}} given */
export function drawBetween(canvas, size, { range, a, b, colours }) {
  const { c, at } = place(canvas, size, range),
    count = Math.min(a.length, b.length) / 2;
  c.strokeStyle = rgba(T.ink3, 0.4);
  c.lineWidth = 1;
  c.beginPath();
  for (let k = 0; k < count; k++) {
    c.moveTo(...at(a, k));
    c.lineTo(...at(b, k));
  }
  c.stroke();
  dots(c, at, a.slice(0, 2 * count), 2.2, colours[0]);
  dots(c, at, b.slice(0, 2 * count), 2.2, colours[1]);
}
