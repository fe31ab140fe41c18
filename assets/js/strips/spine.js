// The σ spine: strips over one log axis, on two canvases with the same margins and range.
// `still` holds what belongs to data and model, `live` what a run changes; a move redraws only live.

import { $, S, clamp, infinite, stepAt } from '../state.js';
import { steady } from '../numbers.js';
import { T } from '../theme.js';
import { open } from '../draw/canvas.js';
import { drawAxis, drawLayer } from './draw.js';
import { drawEmpty, drawHeads, paintReadings } from './heads.js';
import { G, measure, wholeRange } from './layout.js';

export { wholeRange };
let stillKey = '';

// Draw what changed.  `all` also redraws the still layer (theme, size, zoom, another measure).
export function drawSpine(all = false) {
  measure();
  if (G.w < 50) return;
  const still = G.all.filter((strip) => strip.layer === 'data').map((strip) => [strip.key, strip.axis.range]);
  const offers = G.all.map((strip) => strip.fully);
  const key = [still, G.w, G.h, G.left, G.right, T.dark, G.rows.map((row) => row.top | 0), offers].join();
  if (all || key !== stillKey) {
    stillKey = key;
    const c = open($('#fig-still'), G);
    drawLayer(c, G, 'data');
    drawAxis(c, G);
    drawHeads();
  }
  drawLayer(open($('#fig-live'), G), G, 'run');
  drawEmpty();
}

// Half the pill's width: measured once, and by the letters ever after, since to ask the page for a
// width makes it lay itself out.
let letters = null,
  rim = 0;
function halfPill(pill) {
  if (!letters) {
    letters = document.createElement('canvas').getContext('2d');
    letters.font = getComputedStyle(pill).font;
    rim = pill.offsetWidth - letters.measureText(pill.textContent).width;
  }
  return (rim + letters.measureText(pill.textContent).width) / 2;
}

// Move the cursor: CSS transforms only, nothing is drawn.
export function paintSpine() {
  if (!G) return;
  const s = S.peek ?? S.sigma,
    x = G.X(S.sigma),
    inside = x >= G.x0 - 1 && x <= G.x1 + 1;
  $('#line').style.visibility = inside ? 'visible' : 'hidden';
  $('#line').style.transform = `translateX(${x - 0.5}px)`;
  const pill = $('#pill');
  pill.textContent = `σ ${infinite(S.sigma) ? '∞' : steady(S.sigma)}`;
  const half = halfPill(pill);
  pill.style.marginLeft = `${clamp(x, G.x0 + half - 30, G.w - half) - x}px`;
  $('#peek').style.visibility = S.peek == null ? 'hidden' : 'visible';
  if (S.peek != null) $('#peek').style.transform = `translateX(${G.X(s)}px)`;
  const g = S.parts.run.sigma,
    j = stepAt(S.sigma);
  const a = clamp(G.X(g[j]), G.x0, G.x1),
    b = clamp(g[j + 1] > 0 ? G.X(g[j + 1]) : G.x1, G.x0, G.x1);
  $('#hop').style.transform = `translateX(${a}px) scaleX(${Math.max(b - a, 0)})`;
  paintReadings(s);
}
