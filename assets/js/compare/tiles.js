// Images side by side on one canvas, in this theme's paper and ink; a corner marks what ended elsewhere, and
// what is no image is hatched.

import { unpack } from '../state.js';
import { T } from '../theme.js';
import { sheet } from '../draw/canvas.js';
import { colourise } from '../stage/image.js';

/** Pixels in [−clip, clip] from the bytes of a message. @param {string} text @param {number} clip */
export const pixels = (text, clip) => Float32Array.from(unpack.grey(text), (v) => (2 * clip * v) / 255 - clip);

/** A − B as one value a pixel, the mean over colours. @param {Float32Array} a @param {Float32Array} b */
export function difference(a, b, [C, H, W]) {
  const n = H * W,
    out = new Float32Array(Math.min(a.length, b.length) / C);
  for (let k = 0; k < out.length / n; k++)
    for (let j = 0; j < n; j++)
      for (let m = 0; m < C; m++) out[k * n + j] += (a[(k * C + m) * n + j] - b[(k * C + m) * n + j]) / C;
  return out;
}

function strip(values, [C, H, W], apart) {
  const count = values.length / (C * H * W),
    made = sheet(W, Math.max(1, count * H)),
    c = made.getContext('2d'),
    image = c.createImageData(made.width, made.height);
  // brown: A has more, as `diverge` begins with brown
  const read = apart ? (j) => (1 - Math.max(-1, Math.min(1, values[j]))) / 2 : (j) => values[j];
  colourise(image.data, read, count, { C, H, W }, apart);
  c.putImageData(image, 0, 0);
  return made;
}

/** The side of a tile in CSS pixels, whole device pixels for each of the image's where there is room. */
export function sideOf(width, columns, gap, size) {
  const ratio = devicePixelRatio || 1,
    room = ((width + gap) / columns - gap) * ratio,
    times = Math.floor(room / size);
  return (times > 0 ? times * size : Math.floor(room)) / ratio;
}

/** @param {HTMLCanvasElement} canvas @param {{values: Float32Array, shape: number[], count: number, columns: number,
 *   side: number, gap: number, corners?: number[], lost?: number[], apart?: boolean}} given apart: a difference */
export function drawTiles(
  canvas,
  { values, shape, count, columns, side, gap, corners = [], lost = [], apart = false },
) {
  const ratio = devicePixelRatio || 1,
    [, H, W] = shape,
    high = (side * H) / W,
    rows = Math.ceil(count / columns),
    [w, h] = [columns * (side + gap) - gap, rows * (high + gap) - gap];
  Object.assign(canvas, { width: Math.round(w * ratio), height: Math.round(h * ratio) });
  Object.assign(canvas.style, { width: `${w}px`, height: `${h}px` });
  const c = canvas.getContext('2d'),
    from = strip(values, shape, apart);
  c.scale(ratio, ratio);
  c.imageSmoothingEnabled = false;
  for (let k = 0; k < count; k++) {
    const [x, y] = [(k % columns) * (side + gap), Math.floor(k / columns) * (high + gap)];
    if (lost.includes(k)) hatch(c, x, y, side, high);
    else c.drawImage(from, 0, k * H, W, H, x, y, side, high);
    if (corners.includes(k)) corner(c, x, y, side);
  }
}

/** The mark of what ended elsewhere, at the top left. */
export function corner(c, x, y, side) {
  const r = Math.max(7, Math.min(12, side * 0.28));
  c.fillStyle = T.stochastic;
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(x + r, y);
  c.lineTo(x, y + r);
  c.closePath();
  c.fill();
}

function hatch(c, x, y, w, h) {
  c.save();
  c.beginPath();
  c.rect(x, y, w, h);
  c.fillStyle = T.sunken;
  c.fill();
  c.clip();
  c.strokeStyle = T.ink3;
  c.beginPath();
  for (let d = -h; d < w; d += 5) {
    c.moveTo(x + d, y + h);
    c.lineTo(x + d + h, y);
  }
  c.stroke();
  c.restore();
}
