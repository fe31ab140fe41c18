// Points in a plane.  Three canvases: density and score below (they change with σ), data and whole
// paths in the middle (they do not), samples and their way so far on top.

import { S, UNITS, stepAt } from '../state.js';
import { T, rgba } from '../theme.js';
import { dot, open, ring } from '../draw/canvas.js';
import { FAINT, away } from './away.js';
import { paintDensity, paintScore } from './plane/field.js';
import { compares, drawCompared } from './plane/guided.js';
import { picked, place, placing, runArrays, screen, size, some, unit } from './plane/places.js';
import { draw, trace } from './plane/still.js';
import { stepInPlane } from './apart.js';
import { euler } from './tangent.js';

const TRAIL = 10,
  TRAIL_STEP = 1.35; // the way so far: this many points, each this factor in σ apart

// ---- above: what moves ----------------------------------------------------------------------------

function paintTrails(c, F, sigma, pick, gone) {
  const top = S.parts.run.sigma[0],
    places = [];
  for (let r = TRAIL; r >= 0; r--) places.push(placing(Math.min(top, sigma * TRAIL_STEP ** r)));
  c.beginPath();
  for (let k = 0; k < some(); k++) if (k !== pick && !gone?.has(k)) trace(c, F, places, k);
  c.lineWidth = 1.25;
  c.strokeStyle = rgba(T.onestep, (T.dark ? 0.6 : 0.5) * (gone ? FAINT : 1));
  c.stroke();
}

function paintDots(c, F, now, several, fill, r) {
  for (const k of several) {
    const [u, v] = place(now, k),
      x = F.X(u),
      y = F.Y(v);
    if (x > -5 && y > -5 && x < F.w + 5 && y < F.h + 5) dot(c, x, y, r, fill, T.surface);
  }
}

// From the last evaluation of one path, the way of an Euler step to σ = 0, which ends on D; EDM Fig. 3.
function paintTangent(c, F, sigma, k) {
  if (S.what !== 'x') return;
  const { hat, count } = S.parts.run,
    { from, D } = runArrays(),
    i = stepAt(sigma),
    j = 2 * (i * count + k),
    spread = size(hat[i]);
  const x = [from[j], from[j + 1]].map((v) => (v * spread) / UNITS), // kept in units of the noisy spread
    end = [D[j] / UNITS, D[j + 1] / UNITS],
    way = euler(hat[i], x, end, S.view === 'true' ? () => 1 : size);
  c.beginPath();
  way.forEach(([u, v], n) => (n ? c.lineTo(F.X(u), F.Y(v)) : c.moveTo(F.X(u), F.Y(v))));
  c.setLineDash([4, 3]);
  c.lineWidth = 1.5;
  c.strokeStyle = T.ink;
  c.stroke();
  c.setLineDash([]);
  ring(c, F.X(end[0]), F.Y(end[1]), 4, T.ink, 1.5);
}

function paint({ under, over, size: box }) {
  const sigma = S.sigma ?? S.parts.run.sigma[0],
    F = screen(box),
    below = open(under, box);
  if (S.what !== 'e' && S.show.density) paintDensity(below, F, sigma);
  if (S.what === 'x' && S.show.score) paintScore(below, F, sigma);

  const c = open(over, box),
    now = placing(sigma),
    gone = away(),
    pick = S.show.one && !gone ? picked() : -1,
    count = S.parts.run.count,
    r = count > 64 ? 2.6 : 3.4;
  if (S.show.paths) paintTrails(c, F, sigma, pick, gone);
  if (S.show.samples) {
    const others = [];
    for (let k = 0; k < count; k++) if (k !== pick && !gone?.has(k)) others.push(k);
    paintDots(c, F, now, others, rgba(T.onestep, 0.9 * (gone ? FAINT : 1)), r);
  }
  if (gone) paintDots(c, F, now, gone, T.stochastic, 4.5);
  if (pick >= 0) paintPicked(c, F, now, sigma, pick);
  drawCompared(c, box);
}

function paintPicked(c, F, now, sigma, pick) {
  if (!stepInPlane(c, F, pick)) paintTangent(c, F, sigma, pick);
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
      text:
        S.what !== 'x' || compares()
          ? 'one path'
          : run.churned
            ? 'one path (no churn ···, to D – –)'
            : 'one path (exact ···, to D – –)',
      show: 'one',
      cls: 'opt',
    },
    ...(S.what === 'e'
      ? []
      : [
          { swatch: 'data', text: 'data', show: 'data' },
          { swatch: 'density', text: S.what === 'D' ? 'p(x)' : (data.law ?? 'p(x; σ)'), show: 'density' },
        ]),
    ...(S.what === 'x' ? [{ swatch: 'arrow', text: 'score', show: 'score' }] : []),
    ...(S.what === 'x' && compares() ? [{ swatch: 'density', text: 'meant p', show: 'compared' }] : []),
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
