// Points in a plane.  Three canvases: density and score below (they change with σ), data and whole
// paths in the middle (they do not), samples and their way so far on top.

import { S, clamp, lowest, stepAt, unpack, UNITS } from '../state.js';
import { frameOf } from './frames.js';
import { T, ramp, rgba } from '../theme.js';
import { arrows, CIRCLE, dot, once, open, ring, sheet, write } from '../draw/canvas.js';

export const SHOWN = 28; // samples with a path of their own
const TRAIL = 10,
  TRAIL_STEP = 1.35; // the way so far: this many points, each this factor in σ apart
const PARTS = 6; // a chord is curved in the scaled frame: points a step

const heldData = once(),
  heldRun = once(),
  heldPath = once(),
  heldTint = once();

const dataArrays = () =>
  heldData(S.parts.data.key, () => {
    const { dots, density } = S.parts.data;
    return { dots: unpack.positions(dots), maps: unpack.grey(density.maps), arrows: unpack.signed(density.arrows) };
  });
const runArrays = () =>
  heldRun(S.parts.run.key, () => {
    const { x, x_hat, denoised } = S.parts.run,
      states = unpack.positions(x);
    return { x: states, from: x_hat ? unpack.positions(x_hat) : states, D: unpack.positions(denoised) };
  });
const exactPaths = () =>
  S.parts.path?.exact ? heldPath(S.parts.path.key, () => unpack.positions(S.parts.path.exact)) : null;

// ---- where the samples are ------------------------------------------------------------------------

const size = (sigma) => Math.sqrt(1 + (sigma / S.parts.data.spread) ** 2); // noisy spread ÷ clean spread
const picked = () => Math.min(S.pick, S.parts.run.count - 1);
const some = () => Math.min(SHOWN, S.parts.run.count);

// At level σ every sample is the same combination of its stored states: the weights of the state
// before and after the step and of the denoiser's answer before and after.  Between steps x follows
// the solver's chord, straight in the frame's own (t, s x); D is blended in ln σ.
function placing(level, i = stepAt(level)) {
  const { run, data } = S.parts,
    { x, from, D } = runArrays(),
    K = run.count,
    n = run.hat.length;
  const a = run.hat[i],
    b = run.sigma[i + 1],
    sigma = S.what === 'e' ? Math.max(level, lowest()) : level; // ε ends where σ does
  const p = {
    A: from,
    B: x,
    D,
    a: 2 * K * i,
    b: 2 * K * (i + 1),
    d: 2 * K * Math.min(i + 1, n - 1),
    wa: 0,
    wb: 0,
    wd: 0,
    we: 0,
  };
  const along = b > 0 ? clamp(Math.log(a / sigma) / Math.log(a / b), 0, 1) : 0;
  if (S.what === 'D') return Object.assign(p, { wd: (1 - along) / UNITS, we: along / UNITS });
  if (S.what === 'x' && b === 0 && sigma <= lowest() * 1.0001) return Object.assign(p, { wb: 1 / UNITS });
  const { t, s } = frameOf(run.frame),
    f = clamp((t(a) - t(sigma)) / (t(a) - t(b)), 0, 1);
  const scale = S.what === 'e' ? data.spread / sigma : S.view === 'true' ? 1 : 1 / size(sigma);
  p.wa = (((size(a) * s(a)) / s(sigma)) * (1 - f) * scale) / UNITS;
  p.wb = (((size(b) * s(b)) / s(sigma)) * f * scale) / UNITS;
  if (S.what === 'e') {
    p.wd = (-(1 - along) * scale) / UNITS;
    p.we = (-along * scale) / UNITS;
  }
  return p;
}

const spot = [0, 0];
function place(p, k) {
  const j = 2 * k;
  for (const m of [0, 1])
    spot[m] = p.wa * p.A[p.a + j + m] + p.wb * p.B[p.b + j + m] + p.wd * p.D[p.a + j + m] + p.we * p.D[p.d + j + m];
  return spot;
}

// ---- the screen -----------------------------------------------------------------------------------

const unit = ({ w, h }) => {
  const [rx, ry] = S.parts.data.density.reach;
  return 1.1 * Math.max(Math.min(w, 1.15 * h) / (2 * rx), h / (2 * ry)) * Math.min(1, w / h / 0.9);
};
function screen(size) {
  const k = unit(size) * S.zoom.k,
    { x, y } = S.zoom;
  return { k, w: size.w, h: size.h, X: (u) => size.w / 2 + k * (u - x), Y: (v) => size.h / 2 - k * (v - y) };
}

// ---- below: density and score ---------------------------------------------------------------------

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

function paintDensity(c, F, sigma) {
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

function paintScore(c, F, sigma) {
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
function unitCircles(c, F) {
  c.lineWidth = 1;
  for (const r of [1, 2]) {
    c.beginPath();
    c.arc(F.X(0), F.Y(0), r * F.k, 0, CIRCLE);
    c.strokeStyle = T.line;
    c.stroke();
    write(c, String(r), F.X(0), F.Y(r) - 3, { align: 'center' });
  }
}

// ---- middle: what stands still --------------------------------------------------------------------

function drawDots(c, F) {
  const { dots } = dataArrays();
  c.fillStyle = rgba(T.reference, T.dark ? 0.8 : 0.7);
  c.beginPath();
  for (let j = 0; j < dots.length; j += 2) {
    const x = F.X(dots[j] / UNITS),
      y = F.Y(dots[j + 1] / UNITS);
    c.moveTo(x + 1.25, y);
    c.arc(x, y, 1.25, 0, CIRCLE);
  }
  c.fill();
}

// Along the whole run: PARTS a step, linear in σ on the way to 0.
function pathPlaces() {
  const { sigma, hat } = S.parts.run,
    out = [],
    n = hat.length;
  hat.forEach((a, i) => {
    const b = sigma[i + 1];
    for (let u = 0; u < PARTS; u++) out.push(placing(b > 0 ? a * (b / a) ** (u / PARTS) : a * (1 - u / PARTS), i));
  });
  out.push(placing(sigma[n], n - 1));
  return out;
}

function trace(c, F, places, k) {
  places.forEach((p, j) => {
    const [x, y] = place(p, k);
    j ? c.lineTo(F.X(x), F.Y(y)) : c.moveTo(F.X(x), F.Y(y));
  });
}

function drawExact(c, F, k) {
  const exact = exactPaths(),
    levels = S.parts.path?.sigma;
  if (!exact || S.what !== 'x') return;
  const K = exact.length / 2 / levels.length;
  if (k >= K) return;
  c.beginPath();
  levels.forEach((sigma, i) => {
    const j = 2 * (i * K + k),
      m = (S.view === 'true' ? size(sigma) : 1) / UNITS;
    c.lineTo(F.X(exact[j] * m), F.Y(exact[j + 1] * m));
  });
  c.setLineDash([2, 2.5]);
  c.lineWidth = 2;
  c.strokeStyle = T.reference;
  c.stroke();
  c.setLineDash([]);
}

// With churn each step first jumps to a higher level: from the state to the state with new noise.
function drawJumps(c, F, k) {
  const { run } = S.parts,
    { x, from } = runArrays(),
    K = run.count;
  if (!run.churned || S.what !== 'x') return;
  c.beginPath();
  run.hat.forEach((hat, i) => {
    const j = 2 * (i * K + k),
      m = S.view === 'true' ? size(run.sigma[i]) / UNITS : 1 / UNITS,
      q = S.view === 'true' ? size(hat) / UNITS : 1 / UNITS;
    c.moveTo(F.X(x[j] * m), F.Y(x[j + 1] * m));
    c.lineTo(F.X(from[j] * q), F.Y(from[j + 1] * q));
  });
  c.lineWidth = 1.5;
  c.strokeStyle = T.stochastic;
  c.stroke();
}

function drawOne(c, F, places, k) {
  const { run } = S.parts,
    n = run.hat.length,
    r = n > 150 ? 1.8 : n > 60 ? 2.6 : 3.5;
  drawExact(c, F, k);
  drawJumps(c, F, k);
  c.lineWidth = 2;
  c.strokeStyle = T.ink;
  if (!run.churned) {
    c.beginPath();
    trace(c, F, places, k);
    c.stroke();
  } else
    run.hat.forEach((_, i) => {
      c.beginPath();
      trace(c, F, places.slice(PARTS * i, PARTS * (i + 1) + (i === n - 1)), k);
      c.stroke();
    });
  run.hat.forEach((_, i) => {
    const [x, y] = place(places[PARTS * i], k);
    dot(c, F.X(x), F.Y(y), r, ramp(run.sigma[i]));
  });
  const [x, y] = place(places[places.length - 1], k);
  dot(c, F.X(x), F.Y(y), r, ramp(run.sigma[n]));
}

function draw({ still, size: box }) {
  const c = open(still, box),
    F = screen(box),
    pick = picked(),
    places = pathPlaces();
  c.lineJoin = 'round';
  if (S.what === 'e') unitCircles(c, F);
  else if (S.show.data) drawDots(c, F);
  if (S.show.paths) {
    c.beginPath();
    for (let k = 0; k < some(); k++) if (k !== pick || !S.show.one) trace(c, F, places, k);
    c.lineWidth = 1;
    c.strokeStyle = rgba(T.onestep, T.dark ? 0.3 : 0.2);
    c.stroke();
  }
  if (S.show.one) drawOne(c, F, places, pick);
}

// ---- above: what moves ----------------------------------------------------------------------------

function paintTrails(c, F, sigma, pick) {
  const top = S.parts.run.sigma[0],
    places = [];
  for (let r = TRAIL; r >= 0; r--) places.push(placing(Math.min(top, sigma * TRAIL_STEP ** r)));
  c.beginPath();
  for (let k = 0; k < some(); k++) if (k !== pick) trace(c, F, places, k);
  c.lineWidth = 1.25;
  c.strokeStyle = rgba(T.onestep, T.dark ? 0.6 : 0.5);
  c.stroke();
}

function paint({ under, over, size: box }) {
  const sigma = S.sigma ?? S.parts.run.sigma[0],
    F = screen(box),
    below = open(under, box);
  if (S.what !== 'e' && S.show.density) paintDensity(below, F, sigma);
  if (S.what === 'x' && S.show.score) paintScore(below, F, sigma);

  const c = open(over, box),
    now = placing(sigma),
    pick = S.show.one ? picked() : -1,
    count = S.parts.run.count,
    r = count > 64 ? 2.6 : 3.4;
  if (S.show.paths) paintTrails(c, F, sigma, pick);
  if (S.show.samples) {
    const fill = rgba(T.onestep, 0.9);
    for (let k = 0; k < count; k++)
      if (k !== pick) {
        const [u, v] = place(now, k),
          x = F.X(u),
          y = F.Y(v);
        if (x > -5 && y > -5 && x < F.w + 5 && y < F.h + 5) dot(c, x, y, r, fill, T.surface);
      }
  }
  if (pick < 0) return;
  const [u, v] = place(now, pick);
  ring(c, F.X(u), F.Y(v), 5.5, T.ink, 2.5);
}

// ---- words and picking ----------------------------------------------------------------------------

function words({ narrow }) {
  const { data, run } = S.parts,
    [d] = data.shape;
  const what = d === 2 ? '' : data.plane;
  const how =
    S.what === 'e'
      ? 'unit noise ε, circles at 1 and 2'
      : S.what === 'D'
        ? 'D(x; σ) over the data'
        : S.view === 'true'
          ? 'true size'
          : 'scaled to constant spread';
  const key = [
    {
      swatch: 'dot',
      text: { x: 'samples', D: 'D of the samples', e: 'ε of the samples' }[narrow ? 'x' : S.what],
      show: 'samples',
    },
    { swatch: 'path', text: `paths of ${some()}`, show: 'paths' },
    {
      swatch: 'one',
      text: S.what !== 'x' ? 'one path' : run.churned ? 'one path (no churn: dotted)' : 'one path (exact: dotted)',
      show: 'one',
      cls: 'opt',
    },
    ...(S.what === 'e'
      ? []
      : [
          { swatch: 'data', text: 'data', show: 'data' },
          { swatch: 'density', text: S.what === 'D' ? 'p(x)' : 'p(x; σ)', show: 'density' },
        ]),
    ...(S.what === 'x' ? [{ swatch: 'arrow', text: 'score', show: 'score' }] : []),
  ];
  return {
    where: narrow && what ? what : [what, how].filter(Boolean).join(' · '),
    key,
    label: `${run.count} samples of ${data.name}, ${how}; path ${picked() + 1} in ink with its ${run.hat.length} steps`,
    keys: 'plus and minus zoom, 0 shows all, arrow up and down choose the path in ink',
  };
}

// Which of the samples with a path lies within reach of a point of the screen; −1 if none.
let lastBox = null;
function hit(px, py, reach) {
  const F = screen(lastBox),
    now = placing(S.sigma ?? S.parts.run.sigma[0]);
  let best = -1,
    near = reach;
  for (let k = 0; k < some(); k++) {
    const [u, v] = place(now, k),
      d = Math.hypot(F.X(u) - px, F.Y(v) - py);
    if (d < near) {
      near = d;
      best = k;
    }
  }
  return best;
}
const step = (key) => ({ ArrowUp: (picked() + some() - 1) % some(), ArrowDown: (picked() + 1) % some() })[key];

export const planeView = {
  words,
  unit,
  hit,
  step,
  draw: (stage) => {
    lastBox = stage.size;
    draw(stage);
  },
  paint,
};
