// Where an answer curve's points lie: x is the slider's track, y the error on a log scale.  Plain arithmetic.

import { position } from '../controls/sliders.js';

const DECADE = 1; // a flat curve looks flat: no axis spans less
const ABOVE = 30; // times the lowest error, from which on a curve leaves the frame
const TINY = 1e-17;

/** A value on its slider, 0 to 1.
 * @param {object} p what the server says of the setting @param {number} value */
export function part(p, value) {
  if (p.log) return position(p, value) / 1000;
  const [low, high] = p.track;
  return (value - low) / (high - low);
}

/** The points with an error, by x: [{x, y, low, high, value}], y in log10; low and high without an interval are
 * y.
 * @param {object} p
 * @param {{value: number, median: number | null, low: number | null, high: number | null}[]} points */
export function placed(p, points) {
  const log = (v) => Math.log10(Math.max(v, TINY));
  return points
    .filter(({ median }) => median != null)
    .map(({ value, median, low, high }) => ({
      value,
      median,
      x: part(p, value),
      y: log(median),
      low: log(low ?? median),
      high: log(high ?? median),
    }))
    .sort((a, b) => a.x - b.x);
}

/** The ends of the y axis, in log10: what lies far above the best and above the value on show leaves the frame.
 * @param {{y: number, low: number, high: number}[]} points @param {number | null} current its y */
export function range(points, current) {
  const least = Math.min(...points.map(({ low }) => low)),
    best = Math.min(...points.map(({ y }) => y)),
    most = Math.max(...points.map(({ high }) => high)),
    top = Math.min(most, Math.max(best + Math.log10(ABOVE), (current ?? best) + 1));
  const missing = Math.max(0, DECADE - (top - least)) / 2,
    room = 0.08 * Math.max(DECADE, top - least);
  return [least - missing - room, top + missing + room];
}

/** Two levels to name on the axis, in log10: powers of ten where there are two, else 1, 2 and 5 of them.
 * @param {[number, number]} ends */
export function ticks([low, high]) {
  const edge = 0.1 * (high - low),
    inside = (v) => v > low + edge && v < high - edge,
    tens = [];
  for (let k = Math.ceil(low); k <= high; k++) if (inside(k)) tens.push(k);
  if (tens.length > 1) return [tens[0], tens[tens.length - 1]];
  const all = [];
  for (let k = Math.floor(low); k <= high; k++)
    for (const digit of [1, 2, 5]) if (inside(k + Math.log10(digit))) all.push(k + Math.log10(digit));
  return all.length > 1 ? [all[0], all[all.length - 1]] : all;
}

/** The error between two points, along the line that is drawn; null outside of them.
 * @param {{x: number, y: number}[]} points @param {number} x */
export function along(points, x) {
  if (!points.length || x < points[0].x - 1e-9 || x > points[points.length - 1].x + 1e-9) return null;
  const i = Math.max(
      1,
      points.findIndex((p) => p.x >= x - 1e-9),
    ),
    a = points[i - 1],
    b = points[i] ?? a;
  return b.x > a.x ? a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x) : b.y;
}

/** Round values to name below the track: its ends, and between them those that have room.
 * @param {object} p */
export function named(p) {
  const [low, high] = p.track,
    inner = [];
  if (p.log) for (let k = Math.ceil(Math.log10(low)); 10 ** k < high; k++) inner.push(10 ** k);
  else {
    const rough = (high - low) / 4,
      power = 10 ** Math.floor(Math.log10(rough)),
      step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough * 0.99);
    for (let v = Math.ceil(low / step) * step; v < high; v += step) inner.push(+v.toPrecision(6));
  }
  const first = p.log && p.low <= 0 ? 0 : low,
    free = inner.filter((v) => part(p, v) > 0.13 && part(p, v) < 0.87);
  return [first, ...free, high].map((value) => ({ value, x: value === first ? 0 : part(p, value) }));
}
