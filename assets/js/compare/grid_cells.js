// One cell of the image grid: two by two images of the same seeds, or a small plane of points.

import { T } from '../theme.js';
import { drawTiles, pixels } from './tiles.js';
import { drawPoints, points, rangeOf } from './points.js';

const GAP = 3,
  LEAST = 40, // CSS pixels of a cell
  MOST = 104,
  SIDES = 150; // of the names at the left and the rims

/** What all cells of a grid have in common. @param {any} grid @param {HTMLElement} body */
export function prepare(grid, body) {
  const { columns, shape, kind } = grid,
    across = grid.seeds > 1 ? 2 : 1,
    room = (body.clientWidth - SIDES) / (columns.length + 1) - 14,
    box = Math.max(LEAST, Math.min(MOST, room));
  const how = { kind, shape, clip: grid.clip, across, box };
  if (kind === 'image' && shape.length) {
    const ratio = devicePixelRatio || 1,
      times = Math.max(1, Math.floor((((box - GAP) / across) * ratio) / shape[2]));
    return { ...how, side: Math.max((times * shape[2]) / ratio, 16) };
  }
  const known = grid.true.filter(Boolean).map(({ x }) => points(x));
  return { ...how, range: rangeOf(known.length ? known : grid.cells.filter(({ x }) => x).map(({ x }) => points(x))) };
}

/** A cell's samples, or where their exact paths end.
 * @param {HTMLCanvasElement} canvas @param {any} how see `prepare` @param {any} spot
 * @param {{x: string, count: number} | null} exact */
export function drawCell(canvas, how, spot, exact) {
  const { x, count } = exact ?? spot;
  if (how.kind === 'image') {
    const { shape, clip, across: columns, side } = how,
      marks = exact ? {} : { corners: spot.astray, lost: spot.lost };
    drawTiles(canvas, { values: pixels(x, clip), shape, count, columns, side, gap: GAP, ...marks });
    return;
  }
  const none = new Float32Array(0);
  drawPoints(canvas, how.box, {
    range: how.range,
    mine: exact ? none : points(x),
    exact: exact ? points(x) : none,
    astray: exact ? [] : spot.astray,
    colour: T.onestep,
  });
}
