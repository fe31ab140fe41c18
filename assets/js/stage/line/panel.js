// One frame of paths against time: density, slopes, exact paths and the run's.  The stage and the shelf draw it.

import { S, unpack } from '../../state.js';
import { frameOf } from '../frames.js';
import { T, parse, ramp, rgba } from '../../theme.js';
import { arrows, dot, once, sheet } from '../../draw/canvas.js';
import { FAINT, away } from '../away.js';

const MOST_EXACT = 14; // grey paths; more would hide the slopes
const heldRun = once(),
  heldPath = once(),
  heldMaps = new Map();

export const runArrays = () =>
  heldRun(S.parts.run.key, () => {
    const { x, x_hat, denoised } = S.parts.run;
    return { x: unpack.floats(x), from: unpack.floats(x_hat ?? x), D: unpack.floats(denoised) };
  });

// Exact paths as x, D, ε at each level: dx/d ln σ = x − D gives D without asking the denoiser.
const exactPaths = () =>
  S.parts.path?.exact
    ? heldPath(S.parts.path.key, () => {
        const all = unpack.floats(S.parts.path.exact),
          { sigma } = S.parts.path,
          T = sigma.length,
          thin = Math.ceil(all.length / T / MOST_EXACT);
        const K = Math.ceil(all.length / T / thin),
          x = Float32Array.from({ length: T * K }, (_, j) => all[(((j / K) | 0) * all.length) / T + (j % K) * thin]);
        const D = new Float32Array(x.length),
          e = new Float32Array(x.length);
        for (let i = 0; i < T; i++) {
          const a = Math.max(0, i - 1),
            b = Math.min(T - 1, i + 1),
            span = Math.log(sigma[b] / sigma[a]);
          for (let k = 0; k < K; k++) {
            const slope = (x[b * K + k] - x[a * K + k]) / span,
              j = i * K + k;
            D[j] = x[j] - slope;
            e[j] = slope / sigma[i];
          }
        }
        return { sigma, K, x, D, e };
      })
    : null;

// ---- panels ---------------------------------------------------------------------------------------

// How far D reaches: from the exact paths, so that the axis holds still while the run changes.
function reachOfData() {
  const exact = exactPaths(),
    ends = exact ? exact.x.slice(-exact.K) : runArrays().D.slice(-S.parts.run.count);
  return 1.35 * Math.max(1e-3, ...ends.map(Math.abs));
}

// A panel: rectangle, frame, and the levels and values at its edges.  which: wide | near.
export function panelOf(rect, frame, which) {
  const f = frameOf(frame),
    { sigma, y } = S.parts.data.line.frames[frame.name][which];
  const top =
    S.what === 'D'
      ? reachOfData()
      : S.what === 'e'
        ? 3
        : frame.plain
          ? y
          : (y * f.s(sigma)) / frameOf(S.parts.data.line.frames[frame.name].frame).s(sigma);
  const edge = f.t(sigma),
    p = { ...rect, f, frame, which, sigma, top, edge };
  p.XT = (t) => rect.x + rect.w * (1 - t / edge);
  p.X = (s) => p.XT(f.t(s));
  p.Y = (v) => rect.y + rect.h * (0.5 - v / (2 * top));
  return p;
}

function clip(c, p, work) {
  c.save();
  c.beginPath();
  c.rect(p.x, p.y, p.w, p.h);
  c.clip();
  work();
  c.restore();
}

const onScreen = (p, s) => s <= p.sigma * 1.7; // a little beyond the left edge, so that lines enter

function drawDensity(c, p) {
  const cells = S.parts.data.line.cells,
    key = `${S.parts.data.key} ${T.dark}`,
    name = `${p.frame.name} ${p.which}`;
  if (heldMaps.get(name)?.key !== key) {
    const values = unpack.grey(S.parts.data.line.frames[p.frame.name][p.which].density),
      canvas = sheet(cells, cells);
    const cc = canvas.getContext('2d'),
      image = cc.createImageData(cells, cells),
      grey = parse(T.reference);
    values.forEach((v, j) => image.data.set([...grey, 52 * (v / 255) ** 0.8], 4 * j));
    cc.putImageData(image, 0, 0);
    heldMaps.set(name, { key, canvas });
  }
  c.imageSmoothingQuality = 'medium';
  c.drawImage(heldMaps.get(name).canvas, p.x, p.y, p.w, p.h);
}

function drawSlopes(c, p, every) {
  const { columns, rows, slopes, sigma } = S.parts.data.line.frames[p.frame.name][p.which],
    list = [],
    edge = p.f.t(sigma);
  for (let i = every >> 1; i < columns; i += every)
    for (let j = 0; j < rows; j++) {
      const t = ((i + 0.5) / columns) * edge,
        y = p.top * ((2 * (j + 0.5)) / rows - 1);
      const dx = p.w / p.edge,
        dy = (slopes[i * rows + j] * p.h) / (2 * p.top),
        d = Math.hypot(dx, dy); // towards t = 0
      list.push(p.XT(t), p.Y(y), dx / d, dy / d);
    }
  arrows(c, list, 15, rgba(T.ink, T.dark ? 0.5 : 0.4));
}

function drawExact(c, p) {
  const exact = exactPaths();
  if (!exact) return;
  const values = exact[S.what];
  c.beginPath();
  for (let k = 0; k < exact.K; k++) {
    let begun = false;
    exact.sigma.forEach((s, i) => {
      if (!onScreen(p, s)) return;
      const v = values[i * exact.K + k] * (S.what === 'x' ? p.f.s(s) : 1);
      begun ? c.lineTo(p.X(s), p.Y(v)) : c.moveTo(p.X(s), p.Y(v));
      begun = true;
    });
  }
  c.lineWidth = 1;
  c.strokeStyle = T.reference;
  c.stroke();
}

// The solver's corners of sample k as [σ, value, jump]: `jump` marks the way up to new noise.
function corners(k, f) {
  const { sigma, hat, count, churned } = S.parts.run,
    { x, from, D } = runArrays(),
    out = [];
  hat.forEach((h, i) => {
    const j = i * count + k;
    if (S.what === 'D') return out.push([h, D[j]]);
    if (S.what === 'e') return out.push([h, (from[j] - D[j]) / h]);
    out.push([sigma[i], x[j] * f.s(sigma[i])]);
    if (churned) out.push([h, from[j] * f.s(h), true]);
  });
  const n = hat.length;
  if (S.what === 'x') out.push([sigma[n], x[n * count + k] * f.s(sigma[n])]);
  return out;
}

function drawRun(c, p, { width, dots }) {
  const lines = Array.from({ length: S.parts.run.count }, (_, k) => corners(k, p.f).filter(([s]) => onScreen(p, s)));
  const gone = away();
  const stroke = (colour, wide, jumps, of = lines) => {
    c.beginPath();
    for (const line of of)
      line.forEach(([s, v, jump], j) => {
        !j || Boolean(jump) !== jumps ? c.moveTo(p.X(s), p.Y(v)) : c.lineTo(p.X(s), p.Y(v));
        if (line[j + 1] && Boolean(line[j + 1][2]) === jumps) c.moveTo(p.X(s), p.Y(v));
      });
    c.lineWidth = wide;
    c.strokeStyle = colour;
    c.stroke();
  };
  c.lineJoin = 'round';
  stroke(gone ? rgba(T.onestep, FAINT) : T.onestep, width, false);
  if (gone) {
    const strayed = lines.filter((_, k) => gone.has(k));
    stroke(T.stochastic, width + 0.5, false, strayed);
  }
  if (S.parts.run.churned && S.what === 'x') stroke(T.stochastic, 1.25, true);
  if (dots) for (const line of lines) for (const [s, v] of line) dot(c, p.X(s), p.Y(v), 2.75, ramp(s));
}

// One frame whole; `rich`: with density, slopes and the steps as dots.
export function drawPanel(c, p, { rich, width, every = 1 }) {
  clip(c, p, () => {
    const fields = rich && S.what === 'x' && p.frame.plain;
    if (fields && S.show.density) drawDensity(c, p);
    drawExact(c, p);
    if (fields) drawSlopes(c, p, every);
    drawRun(c, p, { width, dots: rich });
  });
}
