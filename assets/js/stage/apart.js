// The step under the cursor on the stage: from x to each stage, from each to the answer of D there, and to the
// new x.  In a plane it lies where the samples do, scaled as they are; on a line over the noise level.

import { S, clamp } from '../state.js';
import { T } from '../theme.js';
import { arrows, dot, ring, write } from '../draw/canvas.js';
import { pathOf, stepNow } from '../apart/ask.js';
import { size, unit } from './plane/places.js';

const PIECES = 16,
  APART = 15, // px between two names
  CLOSEST = 40; // as a wheel may zoom

const under = (k) => '₀₁₂₃₄₅₆₇₈₉'[k] ?? '';
const mixed = (a, b, f) => a.map((v, m) => v + f * (b[m] - v));

// The way between two states, straight in x and σ, as it lies on the screen.
function way(place, from, to) {
  return Array.from({ length: PIECES + 1 }, (_, n) => {
    const f = n / PIECES;
    return place(mixed(from.x, to.x, f), from.sigma + f * (to.sigma - from.sigma));
  });
}

function stroke(c, points, { width = 1.5, colour = T.ink, dash = [] } = {}) {
  c.beginPath();
  points.forEach(([x, y], n) => (n ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.setLineDash(dash);
  c.lineWidth = width;
  c.strokeStyle = colour;
  c.stroke();
  c.setLineDash([]);
}

function head(c, points, colour) {
  const [x, y] = points.at(-1),
    back = points.findLast(([u, v]) => Math.hypot(x - u, y - v) > 9);
  if (!back) return;
  const far = Math.hypot(x - back[0], y - back[1]),
    [ux, uy] = [(x - back[0]) / far, (y - back[1]) / far];
  c.lineWidth = 2;
  c.strokeStyle = c.fillStyle = colour;
  arrows(c, [x - 9 * ux, y - 9 * uy, ux, uy], 8, colour);
}

// Names where there is room for them, the new state first.
function names(c, marks) {
  const put = [];
  for (const [words, [x, y]] of marks) {
    if (put.some(([u, v]) => Math.hypot(u - x, v - y) < APART)) continue;
    put.push([x, y]);
    write(c, words, x + 8, y - 7, { size: 13, italic: true, colour: T.ink, halo: true });
  }
}

function drawStep(c, step, place) {
  const { x, hat, asked, to } = step.marks,
    begun = { x, sigma: num(step.sigma) },
    here = { x: hat, sigma: num(step.hat) },
    end = { x: to, sigma: step.next },
    stages = asked.map((one) => ({ ...one, sigma: num(one.sigma) }));
  if (step.hat !== step.sigma) stroke(c, way(place, begun, here), { colour: T.stochastic, dash: [2, 2] });
  for (const { x: at, sigma, D } of stages)
    stroke(c, way(place, { x: at, sigma }, { x: D, sigma: 0 }), { width: 1.25, colour: T.ink2, dash: [4, 3] });
  const later = stages.slice(1).filter(({ sigma }) => sigma !== here.sigma || stages.length > 1);
  for (const stage of later) stroke(c, way(place, here, stage), { width: 1.25, colour: T.onestep, dash: [1, 2] });
  const whole = way(place, here, end);
  stroke(c, whole, { width: 2.5, colour: T.onestep });
  head(c, whole, T.onestep);
  const spots = { x: place(x, begun.sigma), to: place(to, step.next) };
  const answers = stages.map(({ D }) => place(D, 0)),
    looks = later.map((stage) => place(stage.x, stage.sigma));
  for (const [u, v] of answers) ring(c, u, v, 3.5, T.ink2, 1.5);
  for (const [u, v] of looks) ring(c, u, v, 4, T.onestep, 1.5);
  ring(c, ...spots.x, 4.5, T.ink, 2);
  dot(c, ...spots.to, 4.5, T.onestep, T.surface);
  names(c, [
    ['x′', spots.to],
    ['x', spots.x],
    ...looks.map((spot, k) => [`x${under(k + 2)}`, spot]),
    ...answers.map((spot, k) => [`D${under(k + 1)}`, spot]),
  ]);
}

const num = (sigma) => (sigma === 'inf' ? S.parts.run.sigma[0] : sigma);

// A value of the run in the plane's own units: those of the spread, shrunk with the noise where the view is.
function inPlane(v, sigma) {
  const by = S.parts.data.spread * (S.view === 'true' ? 1 : size(sigma));
  return [v[0] / by, v[1] / by];
}

/** Draw the step of the path in ink; returns whether there was one to draw.
 * @param {CanvasRenderingContext2D} c @param {{X: Function, Y: Function}} F @param {number} pick */
export function stepInPlane(c, F, pick) {
  const step = S.what === 'x' && pick === pathOf() ? stepNow() : null;
  if (step?.marks.x?.length !== 2) return false;
  drawStep(c, step, (v, sigma) => {
    const [x, y] = inPlane(v, sigma);
    return [F.X(x), F.Y(y)];
  });
  return true;
}

/** The same in a panel of paths over the noise level; hole: what lies over it.
 * @param {CanvasRenderingContext2D} c @param {object} p @param {object | null} hole */
export function stepInLine(c, p, hole) {
  const step = S.what === 'x' ? stepNow() : null;
  if (step?.marks.x?.length !== 1 || num(step.sigma) > p.sigma * 1.001) return;
  c.save();
  c.beginPath();
  c.rect(p.x, p.y, p.w, p.h);
  if (hole) c.rect(hole.x + hole.w, hole.y, -hole.w, hole.h);
  c.clip('evenodd');
  drawStep(c, step, (v, sigma) => [p.X(sigma), p.Y(p.f.s(sigma) * v[0])]);
  c.restore();
}

/** The zoom at which the step fills the stage, or null where it has no place in the plane.
 * @param {object | null} step @param {{w: number, h: number}} box */
export function closer(step, box) {
  if (step?.marks.x?.length !== 2) return null;
  const { x, hat, asked, to } = step.marks,
    spots = [inPlane(x, num(step.sigma)), inPlane(hat, num(step.hat)), inPlane(to, step.next)];
  for (const one of asked) spots.push(inPlane(one.x, num(one.sigma)));
  const [low, high] = [Math.min, Math.max].map((f) => [0, 1].map((m) => f(...spots.map((s) => s[m])))),
    reach = Math.max(high[0] - low[0], high[1] - low[1], 1e-6),
    k = (0.5 * Math.min(box.w, box.h)) / (reach * unit(box));
  return { k: clamp(k, 1, CLOSEST), x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2 };
}
