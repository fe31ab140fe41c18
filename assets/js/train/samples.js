// Samples of a network in training, or its data, on one canvas: images as tiles, points in the plane.

import { $, unpack } from '../state.js';
import { T } from '../theme.js';
import { dot, open, sheet, sizeOf } from '../draw/canvas.js';
import { colourise, whole } from '../stage/image.js';

/** `s`: samples of a network (`drawn`), or the data that one would learn from; `coming`: samples are on the way. */
export function samples(s, drawn, coming = false) {
  const canvas = $('#train-samples'),
    size = sizeOf(canvas);
  $('#train-samples-head').textContent = drawn ? `${s.count} samples of it` : 'Data';
  $('#train-samples-note').textContent = drawn
    ? s.kind === 'image'
      ? 'averaged weights, always from the same noise'
      : 'on the data that it learned from'
    : coming
      ? 'that it learned from; its samples are being made …'
      : 'that the network learns from';
  const c = open(canvas, size);
  if (s?.kind === 'image') tiles(c, size, s);
  else if (s) points(c, size, s);
}

function tiles(c, { w, h, ratio }, { shape: [C, H, W], count, data: text }) {
  const strip = picture(text, count, { C, H, W }),
    gap = 3;
  let best = { scale: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns),
      scale = whole(Math.min((w - gap * (columns - 1)) / columns / W, (h - gap * (rows - 1)) / rows / H), ratio);
    if (scale > best.scale) best = { columns, scale };
  }
  c.imageSmoothingEnabled = false;
  for (let k = 0; k < count && best.scale; k++) {
    c.drawImage(
      strip,
      0,
      k * H,
      W,
      H,
      (k % best.columns) * (W * best.scale + gap),
      Math.floor(k / best.columns) * (H * best.scale + gap),
      W * best.scale,
      H * best.scale,
    );
  }
}

// Images in [−1.2, 1.2] as bytes, one below the other on a canvas.
export function picture(text, count, shape) {
  const values = unpack.grey(text),
    strip = sheet(shape.W, shape.H * count),
    c = strip.getContext('2d');
  const pixels = c.createImageData(strip.width, strip.height);
  colourise(pixels.data, (j) => (2.4 * values[j]) / 255 - 1.2, count, shape, false);
  c.putImageData(pixels, 0, 0);
  return strip;
}

function points(c, { w, h }, s) {
  const at = unpack.floats(s.data),
    truth = unpack.floats(s.truth),
    half = Math.min(w, h) / 2;
  const reach = 1.15 * truth.reduce((a, v) => Math.max(a, Math.abs(v)), 0.1);
  const draw = (list, r, colour) => {
    for (let i = 0; i < list.length; i += 2)
      dot(c, w / 2 + (half * list[i]) / reach, h / 2 - (half * list[i + 1]) / reach, r, colour, 'rgba(0,0,0,0)');
  };
  draw(truth, 1.5, T.reference);
  draw(at, 2.5, T.learned);
}
