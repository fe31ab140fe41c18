// What stands still while σ moves: the data and the whole paths.

import { S, UNITS } from '../../state.js';
import { T, ramp, rgba } from '../../theme.js';
import { CIRCLE, dot, open } from '../../draw/canvas.js';
import { FAINT, away } from '../away.js';
import { unitCircles } from './field.js';
import { dataArrays, exactPaths, picked, place, placing, runArrays, screen, size, some } from './places.js';

const PARTS = 6; // a chord is curved in the scaled frame: points a step

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

export function trace(c, F, places, k) {
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

export function draw({ still, size: box }) {
  const c = open(still, box),
    F = screen(box),
    pick = picked(),
    places = pathPlaces();
  c.lineJoin = 'round';
  const gone = away();
  if (S.what === 'e') unitCircles(c, F);
  else if (S.show.data) drawDots(c, F);
  if (S.show.paths) {
    c.beginPath();
    for (let k = 0; k < some(); k++) if (gone ? !gone.has(k) : k !== pick || !S.show.one) trace(c, F, places, k);
    c.lineWidth = 1;
    c.strokeStyle = rgba(T.onestep, (T.dark ? 0.3 : 0.2) * (gone ? FAINT : 1));
    c.stroke();
  }
  if (gone) drawAway(c, F, places, gone);
  else if (S.show.one) drawOne(c, F, places, pick);
}

// The whole paths of those that end elsewhere; of those few that have one, dotted, where they should end.
function drawAway(c, F, places, gone) {
  for (const k of gone) drawExact(c, F, k);
  c.beginPath();
  for (const k of gone) trace(c, F, places, k);
  c.lineWidth = 1.75;
  c.strokeStyle = T.stochastic;
  c.stroke();
}
