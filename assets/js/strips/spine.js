// The σ spine: five strips over one log axis, on two canvases with the same margins and range.
// `still` holds what belongs to data and model, `live` what a run changes; a move redraws only live.
// The traces are Plotly's, and Plotly draws them when the figure is saved.

import { $, $$, S, clamp, interp, lowest, highest, sig3, small, stepAt, three } from '../state.js';
import { T, themed } from '../theme.js';
import { drawAxis, drawStrip, drawTrace, surface, within, write } from './canvas.js';
import { BOTTOM, G, HEAD, measure, placeLabels, wholeRange, xTicks } from './scale.js';

export { wholeRange };
const STILL = ['curvature', 'plane', 'loss'];
const LIVE = ['steps', 'error'];
let stillKey = '';

// Draw what changed.  `all` also redraws the still layer (theme, size, zoom, another measure).
export function drawSpine(all = false) {
  measure();
  if (G.w < 50) return;
  const key = [
    S.parts.data.key,
    S.parts.loss?.key,
    S.parts.path?.key,
    S.measure,
    G.all[1].range.join(),
    S.weight,
    G.w,
    G.h,
    G.left,
    G.right,
    T.dark,
    G.rows.map((r) => r.top | 0),
  ].join();
  if (all || key !== stillKey) {
    stillKey = key;
    drawStrips($('#fig-still'), STILL);
    drawHeads();
  }
  drawStrips($('#fig-live'), LIVE);
  drawEmpty();
}

// Some strips on their canvas; the same traces as `layer` gives to the saved picture.
function drawStrips(canvas, mine) {
  const c = surface(canvas, G.w, G.h),
    ticks = xTicks().tickvals,
    annotations = [],
    live = mine === LIVE;
  G.all.forEach((s, i) => {
    if (mine.includes(s.name)) drawStrip(c, s, G.rows[i], G.X, (v) => G.Y(i, v), ticks, s.traces);
    const more = !live ? [] : i === 1 ? (S.parts.run.own[S.measure] ?? []) : i === 3 ? S.parts.run.evaluations : [];
    const foot = G.rows[3].bottom - 0.048 * (G.rows[3].bottom - G.rows[3].top);
    within(c, G.rows[i], () =>
      more.forEach((trace) => drawTrace(c, trace, G.X, i === 3 ? () => foot : (v) => G.Y(i, v))),
    );
  });
  if (!live) drawAxis(c, ticks, G.h - BOTTOM, 'noise level σ');
  const taken = [];
  G.all.forEach((s, i) => {
    if (!mine.includes(s.name)) return;
    for (const n of s.notes ?? []) {
      const x = G.X(n.x) + (n.shift ?? 0),
        y = G.Y(i, n.y) - (n.above ? 3 : n.below ? -2 : 0) - (n.lift ?? 0);
      write(
        c,
        (G.middle && n.short) || n.text,
        x,
        y,
        themed(n.colour),
        n.anchor,
        n.above ? 'bottom' : n.below ? 'top' : 'middle',
      );
    }
    placeLabels(s, i, annotations, taken);
  });
  for (const a of annotations)
    write(c, a.text, G.x0 + a.x * (G.x1 - G.x0), (1 - a.y) * (G.h - BOTTOM), a.font.color, 'left', 'middle');
}

// ---- heads, readings, beads: HTML over the figures ----------------------------------------------

const CHOICES = {
  curvature: [
    'measure',
    [
      ['bend', 'bend in t, per (ln σ)²'],
      ['kappa', 'κ of the curve (t, s x)'],
      ['angle', 'turning angle'],
      ['chord', 'distance from the chord'],
    ],
  ],
  loss: [
    'weight',
    [
      ['edm', 'weighted as in EDM'],
      ['vp', 'as in VP: 1/σ²'],
      ['ve', 'as in VE: 1/σ²'],
      ['iddpm', 'as in iDDPM: 1/σ²'],
      ['raw', 'unweighted'],
    ],
  ],
};

let headed = '';
function drawHeads() {
  const key = JSON.stringify([
    G.all.map((s) => [s.name, s.title, s.hint, Boolean(s.main)]),
    G.rows,
    G.h,
    G.x0,
    G.x1,
    S.measure,
    S.weight,
    T.dark,
  ]);
  if (key === headed) return;
  headed = key;
  const over = $('#spine-over');
  $$('.strip-head, .bead', over).forEach((n) => n.remove());
  G.all.forEach((s, i) => {
    const head = document.createElement('div');
    head.className = 'strip-head';
    head.style.top = `${G.rows[i].head + 3}px`;
    const [field, options] = CHOICES[s.name] ?? [];
    const words = field
      ? `<select class="plain" data-field="${field}" aria-label="${s.title}: what to show">${options.map(([v, t]) => `<option value="${v}"${S[field] === v ? ' selected' : ''}>${t}</option>`).join('')}</select>`
      : `<span class="hint">${s.hint}</span>`;
    head.innerHTML =
      `<b>${s.title}</b>${words}<output id="read-${s.name}"></output>` +
      `<button class="i" data-strip="${s.name}" aria-label="About the strip ${s.title}"><svg viewBox="0 0 14 14"><circle cx="7" cy="7" r="5.6"/><path d="M7 6.4v3.2M7 4.3v.1"/></svg></button>`;
    over.append(head);
    if (s.main && i && i < 4) {
      const bead = document.createElement('div');
      bead.className = 'bead';
      bead.id = `bead-${s.name}`;
      bead.style.color = i === 3 ? T.reference : T.ink;
      over.append(bead);
    }
  });
  const bead = document.createElement('div');
  bead.className = 'bead';
  bead.id = 'bead-error';
  over.append(bead);
  const top = G.rows[0].top,
    bottom = G.h - BOTTOM;
  Object.assign($('#hop').style, { top: `${top}px`, height: `${bottom - top}px` });
  for (const id of ['line', 'peek'])
    Object.assign($(`#${id}`).style, { top: `${HEAD}px`, height: `${bottom - HEAD}px` });
  Object.assign($('#hit').style, {
    left: `${G.x0}px`,
    width: `${G.x1 - G.x0}px`,
    top: `${top}px`,
    height: `${bottom - top}px`,
  });
}

function drawEmpty() {
  const over = $('#spine-over');
  $$('.note', over).forEach((n) => n.remove());
  G.all.forEach((s, i) => {
    if (!s.empty) return;
    const note = document.createElement('p');
    note.className = 'note';
    note.style.cssText = `left:${G.x0}px;top:${G.rows[i].top}px`;
    note.textContent = s.empty;
    if (s.name === 'plane' && S.values['data.dimension'] === 2)
      note.insertAdjacentHTML(
        'beforeend',
        ' <button class="reset" data-set=\'{"data.dimension": 16}\'>Lift it into 16-D</button>',
      );
    over.append(note);
  });
  const top = Math.max(Math.min(highest(), G.left), G.right),
    bottom = Math.max(Math.min(lowest(), G.left), G.right);
  Object.assign($('#strip').style, {
    left: `${G.X(top)}px`,
    width: `${G.X(bottom) - G.X(top)}px`,
    top: `${G.h - BOTTOM + 1}px`,
  });
}

function readings(s) {
  const g = S.parts.run.sigma,
    i = stepAt(s),
    gap = g[i + 1] > 0 ? Math.log(g[i] / g[i + 1]) : null;
  const at = (strip) => (strip?.main ? interp(strip.main.x, strip.main.y, s) : null);
  const [, curvature, plane, loss, error] = G.all,
    bend = at(curvature),
    k2 = at(plane),
    l = at(loss),
    e = at(error);
  return {
    steps: gap ? `Δσ ${sig3(g[i] - g[i + 1])}, Δ ln σ ${gap.toFixed(2)}` : g[i + 1] === 0 ? 'last step, to 0' : '',
    curvature:
      bend == null
        ? ''
        : `${curvature.unit ? `${curvature.unit} ` : ''}${curvature.name && S.measure === 'angle' ? `${bend.toFixed(3)} rad` : small(bend)}`,
    plane: k2 == null ? '' : `k = 2: ${k2 < 0.001 ? (100 * k2).toFixed(2) : (100 * k2).toFixed(1)} %`,
    loss: l == null ? '' : small(l),
    error: e == null || s > error.main.x[0] * 1.001 ? '' : small(e),
    values: { curvature: bend, plane: k2, loss: l, error: e != null && s <= error.main.x[0] * 1.001 ? e : null },
  };
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

// Move the cursor: CSS transforms only, no Plotly.
export function paintSpine() {
  if (!G) return;
  const s = S.peek ?? S.sigma,
    x = G.X(S.sigma),
    inside = x >= G.x0 - 1 && x <= G.x1 + 1;
  $('#line').style.visibility = inside ? 'visible' : 'hidden';
  $('#line').style.transform = `translateX(${x - 0.5}px)`;
  const pill = $('#pill');
  pill.textContent = `σ ${three(S.sigma)}`;
  const half = halfPill(pill);
  pill.style.marginLeft = `${clamp(x, G.x0 + half - 30, G.w - half) - x}px`;
  $('#peek').style.visibility = S.peek == null ? 'hidden' : 'visible';
  if (S.peek != null) $('#peek').style.transform = `translateX(${G.X(s)}px)`;
  const g = S.parts.run.sigma,
    j = stepAt(S.sigma);
  const a = clamp(G.X(g[j]), G.x0, G.x1),
    b = clamp(g[j + 1] > 0 ? G.X(g[j + 1]) : G.x1, G.x0, G.x1);
  $('#hop').style.transform = `translateX(${a}px) scaleX(${Math.max(b - a, 0)})`;
  const read = readings(s);
  G.all.forEach((strip, i) => {
    const node = $(`#read-${strip.name}`);
    if (node && node.textContent !== read[strip.name]) node.textContent = read[strip.name];
    const bead = $(`#bead-${strip.name}`);
    if (!bead) return;
    const v = read.values[strip.name],
      px = G.X(s);
    bead.style.visibility =
      v == null || px < G.x0 || px > G.x1 || (strip.log && v < strip.range[0]) ? 'hidden' : 'visible';
    if (v != null) bead.style.transform = `translate(${px}px,${G.Y(i, v)}px)`;
    if (strip.name === 'error') bead.style.color = T.swap.get(S.parts.run.colour) ?? T.onestep;
  });
}
