// Each recorded sample's path in its own plane: states as dots in the colours of σ, answers as rings.

import { $ } from '../state.js';
import { T, ramp } from '../theme.js';
import { disc, dot, open, segment, write } from '../draw/canvas.js';

const EDGE = 26,
  FACTORS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

// From coordinates to pixels, around all that is drawn; the second axis is stretched by a round factor where
// the paths are too straight to be seen, and `by` says so.
function placing(points, { w, h }) {
  const of = (k) => points.map((p) => p[k]),
    [left, right] = [Math.min(...of(0)), Math.max(...of(0))],
    [low, high] = [Math.min(...of(1)), Math.max(...of(1))];
  const [across, up] = [(w - 2 * EDGE) / (right - left || 1), (h - 2 * EDGE - 16) / (high - low || 1)],
    scale = Math.min(across, up),
    by = Math.max(1, FACTORS.findLast((f) => f * scale <= up) ?? 1);
  const [x, y] = [(left + right) / 2, (low + high) / 2];
  return { by, place: ([a, b]) => [w / 2 + (a - x) * scale, h / 2 - 8 - (b - y) * by * scale] };
}

function thread(c, points) {
  c.beginPath();
  points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.stroke();
}

/** @param {{why?: string, sigma?: number[], x?: number[][][], answers?: number[][][]}} told
 * @param {number | null} sigma where the cursor is */
export function drawPlane(told, sigma) {
  const canvas = $('#rec-plane'),
    size = { w: canvas.clientWidth, h: canvas.clientHeight, ratio: devicePixelRatio || 1 };
  if (size.w < 50) return;
  const c = open(canvas, size);
  if (told.why) return;
  const { place, by } = placing([...told.x.flat(), ...told.answers.flat()], size),
    [high, low] = [Math.max(...told.sigma), Math.min(...told.sigma)],
    at = sigma == null ? -1 : nearest(told.sigma, sigma);
  told.x.forEach((path, k) => {
    const ends = path.map(place),
      said = told.answers[k].map(place);
    c.lineWidth = 1;
    c.strokeStyle = T.ink3;
    c.setLineDash([2, 2]);
    thread(c, said);
    c.setLineDash([]);
    c.strokeStyle = T.ink3;
    thread(c, ends);
    if (at >= 0) {
      c.strokeStyle = T.onestep;
      segment(c, ...ends[at], ...said[at]);
    }
    ends.forEach(([x, y], i) => dot(c, x, y, i === at ? 5 : 3, ramp(told.sigma[i], high, low)));
    if (at >= 0) {
      disc(c, ...said[at], 4);
      c.strokeStyle = T.onestep;
      c.stroke();
    }
  });
  const second = by > 1 ? `; second axis × ${by}` : '';
  write(c, `→ first axis of each path${second}`, size.w / 2, size.h - 8, { align: 'center' });
}

const nearest = (levels, sigma) => {
  const far = levels.map((s) => Math.abs(Math.log(s / sigma)));
  return far.indexOf(Math.min(...far));
};
