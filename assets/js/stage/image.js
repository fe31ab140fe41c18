// Images: every sample as a tile; beside the grid the picked one as x, D, ε.  The state changes at
// steps, not between.  x̂ = D + σε is shown at constant spread, as on the plane.

import { S, clamp, lowest, stepAt, unpack } from '../state.js';
import { T, diverge, inkOnPaper } from '../theme.js';
import { once, open, sheet, write } from '../draw/canvas.js';
import { FAINT, away } from './away.js';

const SIDE = 104,
  GAP = 4,
  TOOLS = 36;
const NAMES = { x: ['x', 'noisy state'], D: ['D', 'denoised'], e: ['ε', 'noise'], final: ['', 'final sample'] };

const heldRun = once(),
  heldTables = once();
const runArrays = () =>
  heldRun(S.parts.run.key, () => {
    const { denoised, noise, final, states } = S.parts.run;
    return {
      D: unpack.grey(denoised),
      e: unpack.grey(noise),
      final: unpack.grey(final),
      x: states && unpack.grey(states), // of latents, which are decoded and cannot be added up
    };
  });
const shape = () => {
  const [C, H, W] = S.parts.run.image ?? S.parts.data.shape;
  return { C, H, W, pixels: C * H * W };
};
const picked = () => Math.min(S.pick, S.parts.run.count - 1);
const atEnd = () => S.sigma != null && S.sigma <= lowest() * 1.0001;

// Colours of 256 values: ink on paper for images in [−1, 1], orange to blue for ε in [−3, 3].
const tables = () =>
  heldTables(String(T.dark), () => {
    const table = (colour) => Uint8Array.from({ length: 768 }, (_, j) => colour(((j / 3) | 0) / 255)[j % 3]);
    return { image: table(inkOnPaper), noise: table(diverge) };
  });

// The value in [−1, 1] (images) or in [0, 1] of [−3, 3] (ε) of byte j of what is shown at step i.
function reader(what, i) {
  const { D, e, final, x } = runArrays(),
    { run, data } = S.parts,
    offset = i * run.count * shape().pixels;
  const image = (v) => (2.4 * v) / 255 - 1.2;
  if (what === 'final') return (j) => image(final[j]);
  if (what === 'D') return (j) => image(D[offset + j]);
  if (what === 'e') return (j) => e[offset + j] / 255;
  if (x) return (j) => image(x[offset + j]);
  const sigma = run.hat[i],
    scale = 1 / Math.sqrt(1 + (sigma / data.spread) ** 2);
  return (j) => (image(D[offset + j]) + sigma * ((6 * e[offset + j]) / 255 - 3)) * scale;
}

// Writes images into RGBA pixels, one below the other.
export function colourise(out, read, count, { C, H, W }, noise) {
  const { image, noise: diverging } = tables(),
    n = H * W,
    table = noise ? diverging : image;
  for (let k = 0; k < count; k++)
    for (let j = 0; j < n; j++) {
      const at = 4 * (k * n + j),
        from = k * C * n + j;
      for (let m = 0; m < 3; m++) {
        const v = read(C === 3 ? from + m * n : from),
          unit = noise ? v : (v + 1) / 2;
        out[at + m] = C === 3 ? 255 * unit : table[3 * Math.round(255 * clamp(unit, 0, 1)) + m];
      }
      out[at + 3] = 255;
    }
}

// All tiles of one quantity at one step, as a strip of images.
const heldStrips = new Map();
function strip(what, i) {
  const { run } = S.parts,
    s = shape(),
    key = `${run.key} ${i} ${T.dark}`;
  if (heldStrips.get(what)?.key === key) return heldStrips.get(what).canvas;
  const canvas = heldStrips.get(what)?.canvas ?? sheet(1, 1);
  canvas.width = s.W;
  canvas.height = s.H * run.count;
  const c = canvas.getContext('2d'),
    pixels = c.createImageData(canvas.width, canvas.height);
  colourise(pixels.data, reader(what, i), run.count, s, what === 'e');
  c.putImageData(pixels, 0, 0);
  heldStrips.set(what, { key, canvas });
  return canvas;
}

// ---- layout ---------------------------------------------------------------------------------------

// A whole number of device pixels for each pixel of the image, as long as it is enlarged.
export function whole(scale, ratio) {
  return scale * ratio >= 1 ? Math.floor(scale * ratio + 1e-6) / ratio : scale;
}

// The columns that make the tiles largest in w × h; of equals the one with the fewest gaps.
function grid(count, w, h, { H, W }, gap, ratio) {
  let best = null;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns),
      scale = whole(Math.min((w - gap * (columns - 1)) / columns / W, (h - gap * (rows - 1)) / rows / H), ratio);
    const empty = columns * rows - count;
    if (scale > 0 && (!best || scale > best.scale || (scale === best.scale && empty < best.empty)))
      best = { columns, rows, scale, empty };
  }
  return best;
}

let layout = null;
function arrange(stage) {
  const free = arranged(stage, stage.narrow || S.parts.run.told ? TOOLS + 4 : null);
  const under = free && stage.covered > free.x0 && free.y0 < TOOLS;
  return under ? arranged(stage, TOOLS + 4) : free;
}

// Below so many pixels of the tools; null: beside them.
function arranged({ size, narrow }, below) {
  const { w, h, ratio } = size,
    s = shape(),
    { count } = S.parts.run,
    gap = narrow ? 3 : GAP,
    edge = narrow ? 10 : 16;
  const scale = whole(SIDE / s.W, ratio),
    sideW = s.W * scale,
    sideH = s.H * scale,
    side = narrow ? 0 : Math.max(sideW, 96) + 24;
  const top = below ?? edge;
  const g = grid(count, w - 2 * edge - side, h - top - edge, s, gap, ratio);
  if (!g) return null;
  const tw = s.W * g.scale,
    th = s.H * g.scale,
    W = g.columns * (tw + gap) - gap,
    H = g.rows * (th + gap) - gap;
  const x0 = Math.round((w - W - side) / 2),
    y0 = Math.round(top + (h - top - edge - H) / 2);
  const room = h - TOOLS - 8 - edge,
    each = sideH + 20;
  const kinds = side
    ? ['x', 'D', 'e', 'final'].slice(0, Math.max(1, Math.min(4, Math.floor((room + 12) / (each + 12)))))
    : [];
  const between = Math.min(24, (room - kinds.length * each) / Math.max(1, kinds.length - 1));
  const sideX = x0 + W + 24,
    sideY = TOOLS + 8 + Math.max(0, (room - kinds.length * each - (kinds.length - 1) * between) / 2);
  return { ...g, gap, tw, th, x0, y0, kinds, sideX, sideY, sideW, sideH, pitch: each + between };
}

// ---- drawing --------------------------------------------------------------------------------------

let painted = '';
function paintTiles(c, tiles, L, k) {
  const { W, H } = shape(),
    gone = away(),
    place = (j) => [L.x0 + (j % L.columns) * (L.tw + L.gap), L.y0 + ((j / L.columns) | 0) * (L.th + L.gap), L.tw, L.th];
  for (let j = 0; j < S.parts.run.count; j++) {
    c.globalAlpha = gone && !gone.has(j) ? FAINT : 1;
    c.drawImage(tiles, 0, j * H, W, H, ...place(j));
  }
  c.globalAlpha = 1;
  for (const j of gone ?? []) frame(c, ...place(j), T.stochastic);
  frame(c, ...place(k));
}

function draw(stage) {
  open(stage.under, stage.size);
  open(stage.still, stage.size);
  layout = arrange(stage);
  painted = '';
}

function frame(c, x, y, w, h, colour = T.onestep) {
  c.strokeStyle = colour;
  c.lineWidth = 2;
  c.strokeRect(x - 2, y - 2, w + 4, h + 4);
}

function paint({ over, size }) {
  const i = stepAt(S.sigma ?? S.parts.run.sigma[0]),
    end = atEnd(),
    state = `${i} ${end}`,
    L = layout;
  if (state === painted || !L) return;
  painted = state;
  const c = open(over, size),
    s = shape(),
    k = picked(),
    grown = L.scale * size.ratio >= 1;
  c.imageSmoothingEnabled = !grown;
  paintTiles(c, strip(S.what === 'x' && end ? 'final' : S.what, i), L, k);
  c.imageSmoothingEnabled = L.sideW < s.W;
  L.kinds.forEach((what, r) => {
    const y = L.sideY + r * L.pitch,
      [symbol, name] = NAMES[what],
      from = what === 'x' && end ? 'final' : what;
    const used = symbol ? write(c, symbol, L.sideX, y + 12, { size: 12, italic: true, colour: T.ink }) + 6 : 0;
    write(c, name, L.sideX + used, y + 12, { size: 12 });
    c.drawImage(strip(from, i), 0, k * s.H, s.W, s.H, L.sideX, y + 20, L.sideW, L.sideH);
    if (what === S.what) frame(c, L.sideX, y + 20, L.sideW, L.sideH);
  });
}

// ---- words and picking ----------------------------------------------------------------------------

function words({ narrow }) {
  const { run, data } = S.parts,
    what = { x: 'the noisy state x', D: 'the denoiser’s answer D', e: 'the predicted noise ε' }[S.what];
  return {
    where: narrow ? what + (run.told ? ', decoded' : '') : (run.told ?? ''),
    key: [],
    label: `${run.count} samples of ${data.name}: ${what}; sample ${picked() + 1} also large, as x, D and ε`,
    keys: 'the arrow keys choose a sample',
  };
}

function hit(px, py) {
  if (!layout) return -1;
  const { x0, y0, tw, th, gap, columns } = layout,
    column = Math.floor((px - x0) / (tw + gap)),
    row = Math.floor((py - y0) / (th + gap));
  const k = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && k < S.parts.run.count ? k : -1;
}

function step(key) {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -(layout?.columns ?? 1), ArrowDown: layout?.columns ?? 1 }[key];
  return by === undefined ? null : clamp(picked() + by, 0, S.parts.run.count - 1);
}

export const imageView = { words, hit, step, draw, paint };
