// Where a noise level stands on the one axis of the Schedules page: even steps of ln σ between two ends,
// a zone for ∞ at its left and one for 0 at its right.  Only positions are worked out here.

import { clamp } from '../state.js';

/** Widths in pixels: of a wide figure, of one with a narrow gutter, of a phone's. */
const LOOKS = {
  wide: { gutter: 196, right: 14, inf: 44, infGap: 10, zero: 52, zeroAt: 16, infAt: 14 },
  middle: { gutter: 132, right: 10, inf: 36, infGap: 8, zero: 44, zeroAt: 14, infAt: 12 },
  narrow: { gutter: 2, right: 4, inf: 22, infGap: 6, zero: 26, zeroAt: 6, infAt: 7 },
};
const EDGE = 8; // between a zone and the axis

/** @param {number} width @returns {'wide' | 'middle' | 'narrow'} */
export const lookOf = (width) => (width < 600 ? 'narrow' : width < 900 ? 'middle' : 'wide');

/** The axis of a figure `width` pixels wide.
 * @param {{left: number, right: number, inf: boolean}} ends σ at both ends; whether a list starts at ∞
 * @param {number} width */
export function axisOf({ left, right, inf }, width) {
  const look = lookOf(width),
    room = LOOKS[look],
    low = room.gutter + (inf ? room.inf : room.infGap),
    high = width - room.right - room.zero,
    span = Math.log(left) - Math.log(right),
    perLog = (high - low) / span;
  return {
    look,
    width,
    gutter: room.gutter,
    end: width - room.right, // of all that is drawn
    low,
    high,
    perLog,
    zones: { inf: inf ? [room.gutter, low - EDGE] : null, zero: [high + EDGE, width - room.right] },
    X(sigma) {
      if (sigma === Infinity) return room.gutter + room.infAt;
      if (!(sigma > 0)) return width - room.right - room.zeroAt;
      return low + (Math.log(left) - Math.log(sigma)) * perLog;
    },
    inverse: (px) => Math.exp(Math.log(left) - (clamp(px, low, high) - low) / perLog),
  };
}

/** The ticks that have room, of [σ, text] in the order of their worth.
 * @param {[number, string][]} ticks @param {ReturnType<typeof axisOf>} axis
 * @param {number} [apart] least pixels between two @param {number} [from] nothing left of this pixel */
export function placeTicks(ticks, axis, apart = axis.look === 'narrow' ? 34 : 40, from = axis.low - 1) {
  const placed = [];
  for (const [sigma, text] of ticks) {
    const x = axis.X(sigma);
    if (x < from || x > axis.high + 1 || placed.some((p) => Math.abs(p.x - x) < apart)) continue;
    placed.push({ x, text, sigma });
  }
  return placed.sort((a, b) => a.x - b.x);
}

/** The step of a list nearest to a pixel; null for none.
 * @param {number[]} levels @param {ReturnType<typeof axisOf>} axis @param {number} px */
export function nearest(levels, axis, px) {
  let best = null,
    least = Infinity;
  levels.forEach((sigma, i) => {
    const off = Math.abs(axis.X(sigma) - px);
    if (off < least && !Number.isNaN(sigma)) [best, least] = [i, off];
  });
  return best;
}

/** What a column says at σ, between the points of ln σ that it is known at; null beyond them.
 * @param {number[]} logs falling ln σ @param {(number | null)[]} values @param {number} sigma */
export function readAt(logs, values, sigma) {
  const at = Math.log(sigma);
  if (!(at <= logs[0] + 1e-9 && at >= logs[logs.length - 1] - 1e-9)) return null;
  let i = 1;
  while (i < logs.length - 1 && logs[i] > at) i++;
  const [a, b] = [values[i - 1], values[i]];
  if (a == null || b == null) return null;
  return a + ((b - a) * (logs[i - 1] - at)) / (logs[i - 1] - logs[i]);
}
