// Below the samples: density and score at a level of noise, or the unit circles of ε.

import { S, clamp } from '../../state.js';
import { T, rgba } from '../../theme.js';
import { arrows, CIRCLE, once, sheet, write } from '../../draw/canvas.js';
import { dataArrays, size } from './places.js';

const heldTint = once();

function levelsAround(sigma) {
  const g = S.parts.data.density.sigma,
    last = g.length - 1;
  if (S.what === 'D') return { i: last - 1, f: 1 }; // D lives over the data, whatever the noise
  let i = 0;
  while (i < last - 1 && sigma < g[i + 1]) i++;
  return { i, f: clamp(Math.log(g[i] / sigma) / Math.log(g[i] / g[i + 1]), 0, 1) };
}

// The colour is the theme's, only the opacity changes: 72/255 where p is greatest.
const tint = (width, height) =>
  heldTint(`${T.dark} ${width} ${height}`, () => {
    const canvas = sheet(width, height),
      image = canvas.getContext('2d').createImageData(width, height);
    const pixel = new Uint8ClampedArray([...T.haze, 0]);
    for (let j = 0; j < image.data.length; j += 4) image.data.set(pixel, j);
    const opacity = Uint8Array.from({ length: 256 }, (_, v) => 72 * (v / 255) ** 0.7);
    return { canvas, image, opacity };
  });

export function paintDensity(c, F, sigma) {
  const { width, height, reach } = S.parts.data.density,
    { maps } = dataArrays(),
    n = width * height;
  const { canvas, image, opacity } = tint(width, height),
    { i, f } = levelsAround(sigma),
    low = i * n,
    high = low + n;
  for (let j = 0; j < n; j++) image.data[4 * j + 3] = opacity[(maps[low + j] * (1 - f) + maps[high + j] * f + 0.5) | 0];
  canvas.getContext('2d').putImageData(image, 0, 0);
  c.imageSmoothingQuality = 'medium';
  const z = S.what === 'x' && S.view === 'true' ? size(sigma) : 1,
    left = F.X(-reach[0] * z),
    top = F.Y(reach[1] * z);
  const W = 2 * reach[0] * z * F.k,
    H = 2 * reach[1] * z * F.k;
  // only the part on the screen: at σ = 80 the whole map would be 100,000 px wide
  const x0 = Math.max(0, -left / W),
    x1 = Math.min(1, (F.w - left) / W),
    y0 = Math.max(0, -top / H),
    y1 = Math.min(1, (F.h - top) / H);
  if (x1 > x0 && y1 > y0)
    c.drawImage(
      canvas,
      x0 * width,
      y0 * height,
      (x1 - x0) * width,
      (y1 - y0) * height,
      left + x0 * W,
      top + y0 * H,
      (x1 - x0) * W,
      (y1 - y0) * H,
    );
}

export function paintScore(c, F, sigma) {
  const { columns, rows, reach } = S.parts.data.density,
    field = dataArrays().arrows,
    { i, f } = levelsAround(sigma);
  const n = columns * rows * 2,
    z = S.view === 'true' ? size(sigma) : 1,
    list = [];
  const every = F.w < 460 ? 2 : 1;
  for (let r = 0; r < rows; r += every)
    for (let q = 0; q < columns; q += every) {
      const j = i * n + 2 * (r * columns + q);
      const dx = field[j] * (1 - f) + field[j + n] * f,
        dy = field[j + 1] * (1 - f) + field[j + 1 + n] * f,
        d = Math.hypot(dx, dy) || 1;
      list.push(
        F.X(z * reach[0] * ((2 * (q + 1)) / (columns + 1) - 1)),
        F.Y(z * reach[1] * (1 - (2 * (r + 1)) / (rows + 1))),
        dx / d,
        -dy / d,
      );
    }
  arrows(c, list, 14, rgba(T.ink, T.dark ? 0.42 : 0.34));
}

// ε has unit variance in every coordinate at every level.
export function unitCircles(c, F) {
  c.lineWidth = 1;
  for (const r of [1, 2]) {
    c.beginPath();
    c.arc(F.X(0), F.Y(0), r * F.k, 0, CIRCLE);
    c.strokeStyle = T.line;
    c.stroke();
    write(c, String(r), F.X(0), F.Y(r) - 3, { align: 'center' });
  }
}
