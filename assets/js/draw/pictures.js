// A table of images that a figure brings as bytes, in this theme's paper and ink.

import { sheet } from './canvas.js';
import { picture } from '../train/samples.js';

const SCALE = 6; // pixels of the sheet for one of an image, so that edges stay sharp

/** `layout` with the images of its `meta.pictures` ({shape, at, size, data}, see figures/pictures.py), if any. */
export function withPictures(layout) {
  const told = layout.meta?.pictures;
  if (!told) return layout;
  const [, H, W] = told.shape,
    [columns, rows] = told.size,
    strip = picture(told.data, told.at.length, { C: told.shape[0], H, W }),
    scale = Math.max(1, Math.round((SCALE * 8) / W)),
    gap = Math.max(1, Math.round((W * scale) / 16)),
    [w, h] = [W * scale + 2 * gap, H * scale + 2 * gap],
    canvas = sheet(columns * w, rows * h),
    c = canvas.getContext('2d');
  c.imageSmoothingEnabled = false;
  told.at.forEach(([i, j], k) => c.drawImage(strip, 0, k * H, W, H, i * w + gap, j * h + gap, W * scale, H * scale));
  const whole = { x: 0, y: 0, sizex: columns, sizey: rows, xref: 'x', yref: 'y', sizing: 'stretch' };
  return { ...layout, images: [{ ...whole, source: canvas.toDataURL(), yanchor: 'top' }] };
}
