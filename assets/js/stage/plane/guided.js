// What guidance means and what its samples are, as two small maps in a corner of the stage.

import { S, unpack } from '../../state.js';
import { T, rgba } from '../../theme.js';
import { once, sheet, write } from '../../draw/canvas.js';
import { runArrays } from './places.js';

const heldMeant = once(),
  heldDrawn = once(),
  heldSide = once();
const GAP = 8,
  TOP = 46; // below the stage's own buttons

/** Whether there is something to compare. */
export const compares = () => Boolean(S.parts.data?.meant && S.parts.run?.drawn);

// A map as a picture of one colour, its opacity the density.
function picture(bytes, colour) {
  const { width, height } = S.parts.data.density,
    canvas = sheet(width, height),
    c = canvas.getContext('2d'),
    image = c.createImageData(width, height),
    grey = unpack.grey(bytes);
  for (let j = 0; j < grey.length; j++) {
    image.data.set(colour, 4 * j);
    image.data[4 * j + 3] = 255 * (grey[j] / 255) ** 0.6;
  }
  c.putImageData(image, 0, 0);
  return canvas;
}

const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

// Most samples end at the right: what explains them stands at the left, and does not cover them.
const atLeft = () =>
  heldSide(S.parts.run.key, () => {
    const { count, hat } = S.parts.run,
      last = 2 * count * hat.length,
      { x } = runArrays();
    let right = 0;
    for (let k = 0; k < count; k++) right += x[last + 2 * k] > 0;
    return 2 * right > count;
  });

/** Both maps, one above the other at the side where fewer samples end; their words say what each is.
 * @param {CanvasRenderingContext2D} c @param {{w: number, h: number}} box */
export function drawCompared(c, { w, h }) {
  if (!compares() || !S.show.compared || S.what !== 'x') return;
  const { data, run } = S.parts,
    [rx, ry] = data.density.reach,
    W = Math.round(Math.min(0.24 * w, 150)),
    H = Math.round((W * ry) / rx);
  if (W < 70 || h < TOP + 2 * (H + GAP)) return;
  const colour = `${T.dark}`;
  const maps = [
    [heldMeant(`${data.key} ${colour}`, () => picture(data.meant, rgb(T.reference))), data.meant_words],
    [heldDrawn(`${run.key} ${colour}`, () => picture(run.drawn, rgb(T.onestep))), run.drawn_words],
  ];
  maps.forEach(([map, words], k) => {
    const x = atLeft() ? GAP : w - W - GAP,
      y = TOP + k * (H + GAP);
    c.fillStyle = rgba(T.surface, 0.92);
    c.strokeStyle = T.line;
    c.lineWidth = 1;
    c.beginPath();
    c.roundRect(x, y, W, H, 4);
    c.fill();
    c.drawImage(map, x, y, W, H);
    c.stroke();
    const [name, law] = words.split(': ');
    write(c, name, x + 5, y + 13, { colour: T.ink2, halo: true });
    write(c, law, x + 5, y + H - 6, { size: W < 110 ? 10 : 11, colour: T.ink2, halo: true });
  });
}
