// Where the answer to one sample changes along σ, and where training looks; below the samples of EDM Fig. 1.

import { interp } from '../../state.js';
import { number } from '../../numbers.js';
import { T, rgba } from '../../theme.js';
import { fitting, segment, widthOf, write } from '../../draw/canvas.js';

const PLACE = { weight: 600, align: 'center', halo: true };

// ---- where the answer changes ---------------------------------------------------------------------

// The places where it does, the greatest first, as the server measured them: {bands: [{high, low}], top}.
export const bandOf = ({ bands, change }) => ({ ...bands[0], bands, top: Math.max(...change) });
export const inBand = (sigma, { bands }) => bands.some(({ low, high }) => sigma >= low && sigma <= high);
export const changeAt = ({ fine, change }, sigma) =>
  sigma < fine[0] || sigma > fine[fine.length - 1] ? 0 : interp([...fine].reverse(), [...change].reverse(), sigma);

// ---- the curve ------------------------------------------------------------------------------------

export function shade(c, axis, { bands }, y0, y1) {
  c.fillStyle = rgba(T.onestep, T.dark ? 0.14 : 0.08);
  c.beginPath();
  for (const { low, high } of bands) {
    const a = axis.X(high);
    c.roundRect(a, y0, Math.max(3, axis.X(low) - a), y1 - y0, 4);
  }
  c.fill();
}

export function drawChange(c, axis, strip, band, narrow) {
  const { X, left, right, y, h } = axis,
    base = y + h,
    height = h - 22,
    points = [];
  if (height < 16) return;
  shade(c, axis, band, y, base);
  strip.fine.forEach((sigma, i) => points.push([X(sigma), base - (height * strip.change[i]) / band.top]));
  points.sort((p, q) => p[0] - q[0]);
  c.beginPath();
  c.moveTo(points[0][0], base);
  for (const [px, py] of points) c.lineTo(px, py);
  c.lineTo(points[points.length - 1][0], base);
  c.fillStyle = rgba(T.ink, T.dark ? 0.16 : 0.1);
  c.fill();
  c.beginPath();
  for (const [px, py] of points) c.lineTo(px, py);
  c.lineWidth = 1.75;
  c.lineJoin = 'round';
  c.strokeStyle = T.ink;
  c.stroke();
  c.lineWidth = 1;
  c.strokeStyle = T.line;
  segment(c, left, base + 0.5, right, base + 0.5);
  for (const s of axis.ticks) write(c, (s === 10 ? 'σ = ' : '') + s, X(s), base + 13, { align: 'center' });
  drawTraining(c, axis, strip, { base, height });
  if (band.bands.length === 1) labelBand(c, axis, band, narrow);
  else for (const one of band.bands) write(c, `σ ${number(one.at)}`, X(one.at), y + 12, PLACE);
}

// The label stands beside the band, on the side with more room.
function labelBand(c, { X, left, right, y }, band, narrow) {
  const a = X(band.high),
    b = X(band.low),
    style = { weight: 600, colour: T.ink, halo: true };
  const span = band.low === band.high ? `at σ ${number(band.high)}` : `σ ${number(band.high)} to ${number(band.low)}`;
  const onLeft = a - left > right - b,
    room = (onLeft ? a - left : right - b) - 10;
  const words = fitting(
    c,
    narrow ? [`changes at ${span}`, span] : [`the answer changes at ${span}`, `changes at ${span}`, span],
    room,
    style,
  );
  const x = onLeft
    ? Math.max(left + widthOf(c, words, style), a - 6)
    : Math.min(b + 6, right - widthOf(c, words, style));
  write(c, words, x, y + 12, { ...style, align: onLeft ? 'right' : 'left' });
}

// Where training looks: p_train, dashed, half as high as the curve.
function drawTraining(c, { X }, { fine, trains, trained }, { base, height }) {
  const at = trains.indexOf(1);
  if (at < 0) return;
  c.beginPath();
  fine.forEach((sigma, i) => c.lineTo(X(sigma), base - (height / 2) * trains[i]));
  c.setLineDash([5, 3]);
  c.lineWidth = 1.25;
  c.strokeStyle = T.stochastic;
  c.stroke();
  c.setLineDash([]);
  write(c, trained, X(fine[at]), base - 6, { align: 'center', colour: T.stochastic, halo: true });
}
