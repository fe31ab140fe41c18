// The σ spine as one picture: the marks of both layers, the heads and a pinned run, as SVG.

import { S } from '../state.js';
import { T } from '../theme.js';
import { SVG } from '../draw/svg.js';
import { write } from '../draw/marks.js';
import { fileName } from '../save.js';
import { drawAxis, drawLayer, widthOf } from './draw.js';
import { G } from './layout.js';

/** The spine as it stands, as the text of an SVG file. */
export function picture() {
  const c = new SVG(G.w, G.h);
  c.fillStyle = T.surface;
  c.fillRect(0, 0, G.w, G.h);
  drawLayer(c, G, 'data');
  drawAxis(c, G);
  drawLayer(c, G, 'run');
  G.all.forEach((strip, i) => {
    const y = G.rows[i].head + 14;
    write(c, strip.title, 0, y, { bold: true, size: 12, colour: T.ink });
    write(c, strip.hint.replace(/<[^>]*>/g, ''), 8 + widthOf(strip.title, true, 12), y, { size: 12, colour: T.ink });
    if (strip.empty) write(c, strip.empty, G.x0, G.rows[i].top + 8, { size: 12 });
  });
  return String(c);
}

export function saveSpine() {
  const file = new Blob([picture()], { type: 'image/svg+xml' }),
    link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `${fileName(S.parts.error?.finding?.title ?? 'spine')}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
