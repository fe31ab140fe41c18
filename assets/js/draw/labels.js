// Direct labels find their own place: near their line, clear of lines, edges and each other.

import { clamp, interp } from '../state.js';
import { type } from '../theme.js';

const GRAIN = 3; // pixels between the places where a curve is read
const height = () => type(13);
const STEP = 9; // pixels between the places that are tried

/** Where the names of some curves go.
 * @param {{x: number[], y: number[], label: object}[]} curves  all that a name keeps clear of
 * @param {object} room  x0, x1, top, bottom of the strip; X, inverse, Y; least: the value of a gap; short: few pixels
 * @param {number[][]} taken  boxes [left, top, right, bottom] that others hold; those found are added
 * @param {(text: string, bold: boolean) => number} widthOf
 * @returns {{text: string, bold: boolean, colour: string, x: number, y: number}[]}  y: of the middle */
export function placeLabels(curves, room, taken, widthOf) {
  const read = reader(room),
    found = [];
  for (const curve of curves) {
    const { label } = curve,
      text = room.short ? label.short : label.text;
    if (!text) continue;
    const others = curves.filter((c) => c !== curve);
    const best = bestPlace(curve, others, widthOf(text, label.bold), { room, read, taken });
    if (!best) continue;
    taken.push([best.left, best.top, best.left + best.w, best.top + height()]);
    found.push({ text, bold: label.bold, colour: label.colour, x: best.left, y: best.top + height() / 2 });
  }
  return found;
}

// (curve, pixel) -> its height there, or null; every curve is read once, at each GRAIN pixels.
function reader({ x0, x1, inverse, Y, least }) {
  const columns = Math.floor((x1 - x0) / GRAIN) + 1,
    rows = new Map();
  const read = ({ x, y }) =>
    Array.from({ length: columns }, (_, k) => {
      const s = inverse(x0 + k * GRAIN);
      if (!(s <= x[0] * 1.001 && s >= x[x.length - 1] * 0.999)) return null;
      return Y(Math.max(interp(x, y, s) ?? least, least));
    });
  return (curve, px) => {
    if (!rows.has(curve)) rows.set(curve, read(curve));
    return rows.get(curve)[clamp(Math.round((px - x0) / GRAIN), 0, columns - 1)];
  };
}

function bestPlace(curve, others, w, { room, read, taken }) {
  const want = room.X(curve.label.at);
  let best = null;
  for (let left = room.x0 + 3; left + w < room.x1 - 2; left += STEP) {
    const points = Array.from({ length: 5 }, (_, k) => left + (w * k) / 4);
    const own = points.map((p) => read(curve, p)).filter((v) => v != null);
    if (own.length < 5) continue;
    for (const up of [true, false]) {
      const top = up ? Math.min(...own) - height() - 2 : Math.max(...own) + 2,
        bottom = top + height();
      if (top < room.top - 3 || bottom > room.bottom + 1) continue;
      const clear = clearance(others, points, top, bottom, read);
      if (clear < 2 || taken.some((q) => left < q[2] + 4 && left + w > q[0] - 4 && top < q[3] && bottom > q[1]))
        continue;
      const cost =
        Math.abs(left + w / 2 - want) / 40 +
        (Math.max(...own) - Math.min(...own)) / 4 +
        (clear < 6 ? 2 : 0) +
        (up ? 0 : 0.5);
      if (!best || cost < best.cost) best = { cost, left, top, w };
    }
  }
  return best;
}

function clearance(others, points, top, bottom, read) {
  let clear = 30;
  for (const other of others)
    for (const p of points) {
      const v = read(other, p);
      if (v != null) clear = Math.min(clear, v < top ? top - v : v > bottom ? v - bottom : -9);
    }
  return clear;
}
