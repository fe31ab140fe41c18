// The weight of guidance as knots: arithmetic alone, nothing here touches the page.
// A curve is flat numbers σ, w, σ, w, … with σ rising; w is linear in log σ between and flat beyond.

import { clamp } from '../state.js';

export const MOST = 10, // the largest weight
  KNOTS = 12;
const APART = 1.02; // least ratio of neighbouring σ

/** Knots of a curve, [{sigma, w}], rising in σ. @param {number[]} curve */
export const knotsOf = (curve) =>
  Array.from({ length: Math.floor(curve.length / 2) }, (_, k) => ({ sigma: curve[2 * k], w: curve[2 * k + 1] }));

/** The flat numbers of knots. @param {{sigma: number, w: number}[]} knots */
export const curveOf = (knots) => knots.flatMap(({ sigma, w }) => [+sigma.toPrecision(3), +w.toFixed(2)]);

/** w at a level of noise. @param {{sigma: number, w: number}[]} knots @param {number} sigma */
export function weightAt(knots, sigma) {
  const last = knots.length - 1;
  if (sigma <= knots[0].sigma) return knots[0].w;
  if (sigma >= knots[last].sigma) return knots[last].w;
  const k = knots.findIndex((knot) => knot.sigma > sigma),
    [a, b] = [knots[k - 1], knots[k]];
  return a.w + ((b.w - a.w) * Math.log(sigma / a.sigma)) / Math.log(b.sigma / a.sigma);
}

/** The knots with the k-th elsewhere, held between its neighbours and the ends of the axis.
 * @param {{sigma: number, w: number}[]} knots @param {number} k @param {{sigma: number, w: number}} to
 * @param {[number, number]} range */
export function moved(knots, k, to, [low, high]) {
  const floor = k ? knots[k - 1].sigma * APART : low,
    top = k < knots.length - 1 ? knots[k + 1].sigma / APART : high;
  const knot = { sigma: clamp(to.sigma, Math.min(floor, top), Math.max(floor, top)), w: clamp(to.w, 0, MOST) };
  return knots.map((own, i) => (i === k ? knot : own));
}

/** With one knot more at a level, on the curve; the same where there is no room.
 * @param {{sigma: number, w: number}[]} knots @param {number} sigma */
export function added(knots, sigma) {
  const near = knots.some((k) => Math.max(k.sigma / sigma, sigma / k.sigma) < APART * APART);
  if (near || knots.length >= KNOTS) return knots;
  return [...knots, { sigma, w: weightAt(knots, sigma) }].sort((a, b) => a.sigma - b.sigma);
}

/** Three knots that say what a constant weight says, to be bent. @param {number} w @param {number} low
 * @param {number} high */
export const bent = (w, low, high) =>
  [0.2, 0.5, 0.8].map((u) => ({ sigma: +(low * (high / low) ** u).toPrecision(2), w }));
