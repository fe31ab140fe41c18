// EDM Fig. 1: one real sample under noise, and the denoiser's answer, over where that answer changes.
// σ falls from left to right, as everywhere on the page.

import { S, UNITS, unpack } from '../state.js';
import { number } from '../numbers.js';
import { T, rgba } from '../theme.js';
import { disc, fitting, once, open, ring, segment, sheet, write } from '../draw/canvas.js';
import { colourise, whole } from './image.js';
import { bandOf, changeAt, drawChange, inBand, shade } from './strip/change.js';

/** The strip, which comes with the data or, of a slow network, later with the loss. */
export const stripOf = () => S.parts.data?.strip ?? S.parts.loss?.strip;

const held = once(),
  heldDots = once();
const REACH = 2.2; // half of a small panel, in spreads
const ROWS = [
  ['noisy', 'x', 'noisy'],
  ['denoised', 'D', 'denoised'],
  ['exact', 'D', 'by the exact denoiser'],
];

const label = (sigma) => (sigma < 0.01 ? '0' : number(sigma));

// ---- layout ---------------------------------------------------------------------------------------

// Levels from high to low; on a narrow stage every second one.
function chosen(narrow) {
  const all = stripOf().levels.map((sigma, i) => ({ sigma, i }));
  return all.filter(({ i }) => !narrow || i % 2 === 0).reverse();
}

let axis = null; // X(σ) and the extent of the curve, for the cursor

function draw(stage) {
  const { under, over, still, size, narrow } = stage,
    strip = stripOf(),
    band = bandOf(strip);
  open(under, size);
  open(over, size);
  const c = open(still, size),
    top = 44,
    edge = narrow ? 12 : 16,
    levels = chosen(narrow);
  const area = { x: edge, y: top, w: size.w - 2 * edge, h: size.h - top - 34 };
  axis =
    S.parts.data.kind === 'image'
      ? drawImages(c, area, levels, band, size.ratio, narrow)
      : drawPanels(c, area, levels, band);
  if (axis) drawChange(c, axis, strip, band, narrow);
  write(c, fitting(c, strip.words, area.w, { size: 12 }), edge, size.h - 14, { size: 12 });
}

// ---- images: two rows or, of a network, three, and the curve below on the same columns ------------

function drawImages(c, area, levels, band, ratio, narrow) {
  const [C, H, W] = S.parts.data.shape,
    strip = stripOf(),
    n = levels.length,
    gap = narrow ? 4 : 6,
    head = 18,
    rows = ROWS.filter(([name]) => strip[name]);
  const least = Math.max(72, area.h * 0.34),
    fixed = rows.length * (head + 6) + 16; // px for the curve; for words between the rows
  const wide = (area.w - gap * (n - 1)) / n / W,
    scale = whole(Math.min(wide, (area.h - least - fixed) / rows.length / H), ratio),
    tw = W * scale,
    th = H * scale;
  const left = area.x + (area.w - n * (tw + gap) + gap) / 2,
    x = (j) => left + j * (tw + gap),
    y = (row) => area.y + head + row * (th + head + 6),
    last = y(rows.length - 1) + th;
  const tiles = held(`${S.parts.data.key} ${T.dark}`, () =>
    Object.fromEntries(rows.map(([name]) => [name, tileStrip(strip[name], strip.levels.length, { C, H, W })])),
  );
  const axis = columnsAxis(levels, (j) => x(j) + tw / 2),
    bottom = last + 26;
  shade(c, axis, band, y(0) - 4, bottom);
  c.imageSmoothingEnabled = scale * ratio < 1;
  rows.forEach(([name, sign, text], row) => {
    const top = y(row),
      used = write(c, sign, left, top - 6, { size: 12, italic: true, colour: T.ink, halo: true });
    write(c, name === 'denoised' && strip.exact ? 'denoised by the network' : text, left + used + 6, top - 6, {
      size: 12,
      halo: true,
    });
    levels.forEach(({ i }, j) => c.drawImage(tiles[name], 0, i * H, W, H, x(j), top, tw, th));
  });
  levels.forEach(({ sigma }, j) => {
    const lit = inBand(sigma, band);
    write(c, (j || narrow ? '' : 'σ ') + label(sigma), x(j) + tw / 2, last + 16, {
      align: 'center',
      colour: lit ? T.ink : T.ink3,
      weight: lit ? 600 : 400,
    });
  });
  return { ...axis, y: bottom, h: area.y + area.h - bottom - 6, ticks: [] };
}

function tileStrip(text, count, { C, H, W }) {
  const values = unpack.grey(text),
    canvas = sheet(W, H * count),
    c = canvas.getContext('2d'),
    pixels = c.createImageData(W, H * count);
  colourise(pixels.data, (j) => (2.4 * values[j]) / 255 - 1.2, count, { C, H, W }, false);
  c.putImageData(pixels, 0, 0);
  return canvas;
}

// σ -> x through the middles of the columns, straight in ln σ between them, half a column beyond.
function columnsAxis(levels, middle) {
  const n = levels.length,
    s = levels.map((v) => Math.log(v.sigma)),
    half = (middle(1) - middle(0)) / 2;
  const X = (sigma) => {
    const v = Math.log(sigma);
    let j = 0;
    while (j < n - 2 && v < s[j + 1]) j++;
    return Math.min(
      middle(n - 1) + half,
      Math.max(middle(0) - half, middle(j) + ((middle(j + 1) - middle(j)) * (s[j] - v)) / (s[j] - s[j + 1])),
    );
  };
  return { X, left: middle(0) - half, right: middle(n - 1) + half };
}

// ---- points: one small panel a level, and the curve below over ln σ -------------------------------

function drawPanels(c, area, levels, band) {
  const n = levels.length,
    gap = 8,
    least = Math.max(72, area.h * 0.26);
  const sizes = [3, 4, 6, n].map((columns) => {
    const rows = Math.ceil(n / columns);
    return {
      columns,
      rows,
      cell: Math.floor(Math.min((area.w - gap * (columns - 1)) / columns, (area.h - least - 20 - rows * 18) / rows)),
    };
  });
  // few rows leave the curve room
  const { columns, rows, cell } = sizes.reduce((best, one) => (one.cell >= 0.85 * best.cell ? one : best));
  if (cell < 24) return null;
  const left = area.x + (area.w - columns * (cell + gap) + gap) / 2;
  levels.forEach((level, j) =>
    drawPanel(c, left + (j % columns) * (cell + gap), area.y + ((j / columns) | 0) * (cell + 18), cell, level, band),
  );
  const { fine } = stripOf(),
    high = Math.log(fine[fine.length - 1]),
    low = Math.log(fine[0]),
    x0 = area.x + 8,
    w = area.w - 16;
  const X = (sigma) => x0 + (w * (high - Math.min(high, Math.max(low, Math.log(sigma))))) / (high - low);
  const y = area.y + rows * (cell + 18) + 2;
  return { X, left: x0, right: x0 + w, y, h: area.y + area.h - y - 18, ticks: [10, 1, 0.1, 0.01] };
}

const stripArrays = () =>
  heldDots(S.parts.data.key, () => {
    const { dots, kind } = S.parts.data,
      strip = stripOf();
    return {
      noisy: unpack.positions(strip.noisy),
      denoised: unpack.positions(strip.denoised),
      dots: kind === 'plane' ? unpack.positions(dots) : [],
    };
  });

function drawPanel(c, x, y, cell, { sigma, i }, band) {
  const { noisy, denoised, dots } = stripArrays(),
    k = cell / 2 / REACH,
    cx = x + cell / 2,
    cy = y + cell / 2,
    lit = inBand(sigma, band);
  const P = (list, j) => [cx + (k * list[2 * j]) / UNITS, cy - (k * list[2 * j + 1]) / UNITS];
  c.beginPath();
  c.roundRect(x + 0.5, y + 0.5, cell - 1, cell - 1, 4);
  c.fillStyle = lit ? rgba(T.onestep, T.dark ? 0.16 : 0.09) : T.surface;
  c.fill();
  c.lineWidth = 1;
  c.strokeStyle = lit ? rgba(T.onestep, 0.45) : T.line;
  c.stroke();
  c.save();
  c.clip();
  c.fillStyle = rgba(T.reference, T.dark ? 0.7 : 0.55);
  for (let j = 0; j < dots.length / 2; j += 3) {
    const [px, py] = P(dots, j);
    c.fillRect(px - 0.6, py - 0.6, 1.3, 1.3);
  }
  if (!dots.length) {
    c.strokeStyle = T.line;
    segment(c, x, cy, x + cell, cy);
  }
  const [ax, ay] = P(noisy, i),
    [bx, by] = P(denoised, i);
  c.lineWidth = 1.25;
  c.strokeStyle = T.onestep;
  segment(c, ax, ay, bx, by);
  disc(c, ax, ay, 3);
  c.fillStyle = T.onestep;
  c.fill();
  ring(c, bx, by, 3.5, T.ink, 1.75);
  c.restore();
  write(c, `σ = ${label(sigma)}`, cx, y + cell + 13, {
    align: 'center',
    colour: lit ? T.ink : T.ink3,
    weight: lit ? 600 : 400,
  });
}

function paint({ over, size }) {
  const c = open(over, size),
    sigma = S.sigma ?? S.parts.run.sigma[0];
  if (!axis) return;
  const x = axis.X(Math.max(sigma, 1e-9)),
    strip = stripOf(),
    top = Math.max(...strip.change),
    height = axis.h - 22;
  c.lineWidth = 1;
  c.strokeStyle = T.ink;
  segment(c, Math.round(x) + 0.5, axis.y + 17, Math.round(x) + 0.5, axis.y + axis.h);
  if (height >= 16) ring(c, x, axis.y + axis.h - (height * changeAt(strip, sigma)) / top, 4, T.ink);
}

function words() {
  return { where: '', key: [], label: stripOf().words[0] };
}

export const stripView = { words, draw, paint };
