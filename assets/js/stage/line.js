// Data on a line: every path against time, EDM Fig. 3 drawn from noise (left) to data (right).
// All on canvas; `drawPanel` also draws the other frames for the shelf.

import { $, S, clamp, stepAt, unpack } from '../state.js';
import { frameOf } from './frames.js';
import { number } from '../numbers.js';
import { T, parse, ramp, rgba } from '../theme.js';
import { arrows, dot, niceStep, once, open, ring, segment, sheet, write } from '../draw/canvas.js';

const MOST_EXACT = 14; // grey paths; more would hide the slopes
const heldRun = once(),
  heldPath = once(),
  heldMaps = new Map();

const runArrays = () =>
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
  const stroke = (colour, wide, jumps) => {
    c.beginPath();
    for (const line of lines)
      line.forEach(([s, v, jump], j) => {
        !j || Boolean(jump) !== jumps ? c.moveTo(p.X(s), p.Y(v)) : c.lineTo(p.X(s), p.Y(v));
        if (line[j + 1] && Boolean(line[j + 1][2]) === jumps) c.moveTo(p.X(s), p.Y(v));
      });
    c.lineWidth = wide;
    c.strokeStyle = colour;
    c.stroke();
  };
  c.lineJoin = 'round';
  stroke(T.onestep, width, false);
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

// ---- axes -----------------------------------------------------------------------------------------

// Levels worth a label, the edges first, none nearer than `apart` pixels.
function levelTicks(p, apart) {
  if (p.which === 'near') return [p.sigma, p.sigma / 2, 0];
  const step = niceStep(p.sigma, 5),
    even = Array.from({ length: 9 }, (_, j) => +(j * step).toPrecision(6));
  const decades = [20, 10, 5, 2, 1, 0.5, 0.2, 0.1],
    out = [0, p.sigma];
  for (const s of p.frame.name === 'vp' ? decades : even.reverse()) {
    if (s < p.sigma && out.every((o) => Math.abs(p.X(o) - p.X(s)) >= apart)) out.push(s);
  }
  return out;
}

function drawAxes(c, p, { apart, from }) {
  for (const s of levelTicks(p, apart)) {
    const words = from && s === p.sigma ? `σ = ${number(s)}` : number(s);
    write(c, words, p.X(s), p.y + p.h + 14, {
      align: from && s === p.sigma ? 'left' : from && s === 0 ? 'right' : 'center',
    });
  }
  const step = niceStep(2 * p.top, p.h > 180 ? 6 : 4);
  for (let v = -Math.floor(p.top / step) * step; v <= p.top; v += step) {
    const y = p.Y(v);
    if (y > p.y + (from ? 2 : 14) && y < p.y + p.h - 2)
      write(c, number(Math.abs(v) < step / 2 ? 0 : v), p.x - 4, y, { align: 'right', base: 'middle' });
  }
}

const symbol = (f) => ({ x: f.s(1) === 1 ? 'x' : 's x', D: 'D', e: 'ε' })[S.what];
const axisName = (f, narrow) =>
  narrow
    ? 'noise level σ'
    : f.words === 't = σ'
      ? 'noise level σ (linear, t = σ)'
      : `noise level σ (linear in ${f.words})`;

// ---- the stage ------------------------------------------------------------------------------------

let wide = null,
  near = null,
  ground = null;

// Near the data the wide panel is a knot; t of VP opens that end by itself, and ε has no size there.
function arrange({ size: { w, h }, narrow }) {
  const { frame } = S.parts.run;
  wide = panelOf({ x: 36, y: 14, w: w - 50, h: h - 58 }, frame, 'wide');
  near = ground = null;
  if (frame.name === 'vp' || S.what === 'e') return;
  const gw = Math.round((narrow ? 0.52 : 0.46) * w),
    gh = Math.round(0.43 * h),
    top = 42;
  ground = { x: S.what === 'D' ? 44 : w - 10 - gw, y: top, w: gw, h: gh };
  near = panelOf({ x: ground.x + 28, y: top + 8, w: gw - 38, h: gh - 30 }, frame, 'near');
}

function drawGround(c, { x, y, w, h }) {
  c.beginPath();
  c.roundRect(x + 0.5, y + 0.5, w - 1, h - 1, 6);
  c.fillStyle = T.surface;
  c.fill();
  c.lineWidth = 1;
  c.strokeStyle = T.line;
  c.stroke();
}

function draw(stage) {
  const { still, under, size, narrow } = stage;
  open(under, size);
  const c = open(still, size);
  arrange(stage);
  drawPanel(c, wide, { rich: true, width: 1.75, every: narrow ? 2 : 1 });
  drawAxes(c, wide, { apart: narrow ? 30 : 34 });
  write(c, symbol(wide.f), 6, 26, { size: 12, italic: true, colour: T.ink2 });
  const keyEnds = $('.key', stage.root).offsetWidth + 24,
    name = [axisName(wide.f), axisName(wide.f, true)].find((v) => keyEnds + 6.3 * v.length < size.w) ?? 'σ';
  write(c, name, size.w - 16, size.h - 12, { size: 12, colour: T.ink2, align: 'right' });
  if (!near) return;
  drawGround(c, ground);
  drawPanel(c, near, { rich: true, width: 1.5, every: narrow ? 2 : 1 });
  drawAxes(c, near, { apart: narrow ? 48 : 60, from: true });
}

// Where sample k is at σ: on the solver's chord, straight in (t, s x); D and ε blended in t.
function valueAt(k, sigma, f) {
  const { run } = S.parts,
    { x, from, D } = runArrays(),
    { count, hat } = run,
    i = stepAt(sigma),
    b = run.sigma[i + 1];
  const q = clamp((f.t(hat[i]) - f.t(sigma)) / (f.t(hat[i]) - f.t(b)), 0, 1),
    j = i * count + k;
  const state = from[j] * f.s(hat[i]) * (1 - q) + x[j + count] * f.s(b) * q;
  if (S.what === 'x') return state;
  const next = b > 0 && i + 1 < hat.length ? D[j + count] : D[j],
    answer = D[j] * (1 - q) + next * q;
  return S.what === 'D' ? answer : (state / f.s(sigma) - answer) / sigma;
}

function cursorLine(c, p, sigma, hole) {
  const x = Math.round(p.X(sigma)) + 0.5,
    end = p.y + p.h;
  c.lineWidth = 1;
  c.strokeStyle = T.ink;
  if (!hole || x < hole.x || x > hole.x + hole.w) return segment(c, x, p.y, x, end);
  segment(c, x, p.y, x, hole.y);
  segment(c, x, hole.y + hole.h, x, end);
}

function paint({ over, size }) {
  const c = open(over, size),
    sigma = S.sigma ?? S.parts.run.sigma[0];
  if (!wide) return;
  const covered = (x, y) =>
    ground && x > ground.x - 5 && x < ground.x + ground.w + 5 && y > ground.y - 5 && y < ground.y + ground.h + 5;
  for (const p of near ? [wide, near] : [wide]) {
    if (sigma > p.sigma) continue;
    cursorLine(c, p, sigma, p === wide ? ground : null);
    for (let k = 0; k < S.parts.run.count; k++) {
      const v = valueAt(k, sigma, p.f),
        x = p.X(sigma),
        y = p.Y(v);
      if (Math.abs(v) <= p.top && (p === near || !covered(x, y))) ring(c, x, y, 4, T.onestep);
    }
  }
}

function words({ narrow }) {
  const { run, data } = S.parts,
    fields = S.what === 'x' && run.frame.plain;
  const solver = run.title?.split(/,| in the | with /)[0] ?? 'this run',
    steps = `${run.steps} step${run.steps === 1 ? '' : 's'}`;
  return {
    where: '',
    key: [
      { swatch: 'exact', text: 'exact paths' },
      { swatch: 'run', text: narrow ? steps : `${solver}, ${steps}` },
      ...(fields
        ? [
            { swatch: 'arrow', text: 'slope dx/dt', cls: 'opt' },
            { swatch: 'density', text: 'p(x; σ)', show: 'density', cls: narrow ? 'opt' : '' },
          ]
        : []),
    ],
    label: `${S.what === 'x' ? 'Paths' : S.what === 'D' ? 'Denoiser’s answers' : 'Predicted noise'} of ${data.name} over the noise level: exact paths in grey, ${run.count} of ${solver} with ${steps}`,
  };
}

export const lineView = { words, draw, paint };
