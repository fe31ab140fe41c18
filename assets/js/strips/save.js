// The σ spine as one picture: the marks of both layers, the heads and a pinned run, as SVG.

import { S } from '../state.js';
import { T } from '../theme.js';
import { SVG } from '../draw/svg.js';
import { write } from '../draw/marks.js';
import { pinned } from '../pin.js';
import { escaped } from '../schedules/svg.js';
import { fileName, handOver } from '../save.js';
import { drawAxis, drawLayer, widthOf } from './draw.js';
import { G, measure } from './layout.js';

/** The spine with all of its strips, as the text of an SVG file. */
export function picture() {
  measure(true);
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
  measure();
  return String(c);
}

export function saveSpine() {
  const title = S.parts.error?.finding?.title ?? 'spine',
    told = [title, ...pinned().map(({ name }) => `pinned: ${name}`), `settings: ${location.search || 'as it opens'}`];
  const text = picture().replace(
    /^(\s*<svg[^>]*>)/,
    `$1<title>${escaped(title)}</title><desc>${escaped(told.join('; '))}</desc>`,
  );
  handOver(new Blob([text], { type: 'image/svg+xml' }), `${fileName(title)}.svg`);
}
