// Data on a line: every path against time, EDM Fig. 3 drawn from noise (left) to data (right).
// All on canvas.

import { $, S, clamp, stepAt } from '../state.js';
import { T, rgba } from '../theme.js';
import { open, ring, segment, write } from '../draw/canvas.js';
import { FAINT, away } from './away.js';
import { axisName, drawAxes, symbol } from './line/axes.js';
import { drawPanel, panelOf, runArrays } from './line/panel.js';
import { stepInLine } from './apart.js';
import { tangent } from './tangent.js';

let wide = null,
  near = null,
  ground = null;

// Near the data the wide panel is a knot, unless t opens that end by itself; and ε has no size there.
function arrange({ size: { w, h }, narrow }) {
  const { frame } = S.parts.run;
  wide = panelOf({ x: 36, y: 14, w: w - 50, h: h - 58 }, frame, 'wide');
  near = ground = null;
  if (frame.opens || S.what === 'e') return;
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

// From where each path was at its last evaluation, the way of one Euler step to σ = 0, and a ring on D.
function drawTangents(c, p, sigma, hole) {
  const { hat, count } = S.parts.run,
    { from, D } = runArrays(),
    i = stepAt(sigma),
    level = hat[i];
  c.save();
  c.beginPath();
  c.rect(p.x, p.y, p.w, p.h);
  if (hole) c.rect(hole.x + hole.w, hole.y, -hole.w, hole.h); // the other way round: left out
  c.clip('evenodd');
  c.beginPath();
  const ends = [];
  for (let k = 0; k < count; k++) {
    const j = i * count + k,
      way = tangent(p.f, level, from[j], D[j]);
    c.moveTo(p.X(level), p.Y(way.from));
    c.lineTo(p.X(0), p.Y(way.to));
    ends.push(p.Y(D[j]));
  }
  c.setLineDash([4, 3]);
  c.lineWidth = 1.25;
  c.strokeStyle = T.ink2;
  c.stroke();
  c.setLineDash([]);
  c.restore();
  for (const y of ends) ring(c, p.X(0), y, 3, T.ink2, 1.5);
}

function paint({ over, size }) {
  const c = open(over, size),
    sigma = S.sigma ?? S.parts.run.sigma[0],
    gone = away();
  if (!wide) return;
  const covered = (x, y) =>
    ground && x > ground.x - 5 && x < ground.x + ground.w + 5 && y > ground.y - 5 && y < ground.y + ground.h + 5;
  for (const p of near ? [wide, near] : [wide]) {
    if (S.what === 'x' && S.show.tangent && !S.apart) drawTangents(c, p, sigma, p === wide ? ground : null);
    if (sigma > p.sigma) continue;
    cursorLine(c, p, sigma, p === wide ? ground : null);
    for (let k = 0; k < S.parts.run.count; k++) {
      const v = valueAt(k, sigma, p.f),
        x = p.X(sigma),
        y = p.Y(v);
      if (Math.abs(v) <= p.top && (p === near || !covered(x, y))) ring(c, x, y, 4, ...looks(gone, k));
    }
    stepInLine(c, p, p === wide ? ground : null);
  }
}

const looks = (gone, k) => (!gone ? [T.onestep] : gone.has(k) ? [T.stochastic, 3] : [rgba(T.onestep, FAINT)]);

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
      ...(S.what === 'x' ? [{ swatch: 'tangent', text: narrow ? 'to D' : 'tangent, D', show: 'tangent' }] : []),
    ],
    label:
      `${S.what === 'x' ? 'Paths' : S.what === 'D' ? 'Denoiser’s answers' : 'Predicted noise'} of ${data.name} ` +
      `over the noise level: exact paths in grey, ${run.count} of ${solver} with ${steps}`,
  };
}

export const lineView = { words, draw, paint };
