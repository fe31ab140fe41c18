// The σ spine: five strips over one log axis, on two canvases with the same margins and range.
// `still` holds what belongs to data and model, `live` what a run changes; a move redraws only live.
// The traces are Plotly's, and Plotly draws them when the figure is saved.

import { $, $$, S, clamp, interp, log10, lowest, highest, plotly, sig3, small, stepAt, three } from './state.js';
import { FONT, T, themed } from './theme.js';
import { drawAxis, drawStrip, drawTrace, surface, write } from './strip_canvas.js';
import { showHelp } from './help.js';

const HEAD = 26, BOTTOM = 48, LEFT = 44, RIGHT = 10;
const STILL = ['curvature', 'plane', 'loss'];
const EMPTY = { traces: [], labels: [], shapes: [], notes: [], ticks: [], range: [0, 1], log: false };

let G = null;                         // pixel geometry, shared by the figures and the overlay
let zoom = null;                      // [high, low] of σ, or null for the whole range
let pinned = null;
const ruler = document.createElement('canvas').getContext('2d');

// ---- which strips, and their ranges -------------------------------------------------------------

function strips() {
  const { loss, path, run, error } = S.parts;
  return [
    error?.steps ?? run.strip,
    holding(path?.curvature[S.measure], run.own[S.measure]) ?? { ...EMPTY, name: 'curvature', title: 'Curvature', hint: '', weight: 1 },
    path?.plane ?? { ...EMPTY, name: 'plane', title: 'Out of plane', hint: '', weight: 1 },
    loss?.strips[S.weight] ?? { ...EMPTY, name: 'loss', title: 'Loss', hint: '', weight: 0.95, log: true, range: [6e-5, 2.2], empty: 'Measuring …' },
    error?.strip ?? { ...EMPTY, name: 'error', title: 'Error', weight: 1.15, log: true, range: [6e-5, 2],
      hint: 'against the reference, RMS per coordinate', empty: error?.why ?? 'Measuring …' },
  ];
}

// A strip whose axis holds the solver's own steps too: twice, four times … as high, or by decades.
function holding(strip, own) {
  const values = (own ?? []).flatMap((t) => t.y).filter((v) => v > 0);
  if (!strip || !values.length) return strip;
  let [low, high] = strip.range, { ticks } = strip;
  if (strip.log) while (low > Math.min(...values) && low > 1e-12) low /= 10;
  while (high < Math.max(...values)) { high *= strip.log ? 10 : 2; if (!strip.log) ticks = ticks.map(([v]) => [2 * v, String(2 * v)]); }
  return { ...strip, range: [low, high], ticks };
}

// The whole axis: a little wider than the schedule, and stepwise, so that it holds still in a drag.
export function wholeRange() {
  const top = highest(), bottom = lowest();
  return [top <= 80.1 ? 95 : top <= 160 ? 190 : 1190, bottom >= 0.00199 ? 0.00135 : 6.6e-5];
}

function measure() {
  const node = $('#axis'), w = node.clientWidth, h = node.clientHeight, all = strips();
  const body = h - BOTTOM - HEAD * all.length, total = all.reduce((sum, s) => sum + s.weight, 0);
  let y = 0;
  const rows = all.map((s) => {
    const top = y + HEAD;
    y = top + body * s.weight / total;
    return { head: top - HEAD, top, bottom: y };
  });
  const [left, right] = zoom ?? wholeRange(), x0 = LEFT, x1 = w - RIGHT, span = log10(left) - log10(right);
  G = {
    w, h, rows, x0, x1, left, right, all, narrow: w < 430, middle: w < 500,
    X: (s) => x0 + (x1 - x0) * (log10(left) - log10(Math.max(s, 1e-9))) / span,
    inverse: (px) => 10 ** (log10(left) - (px - x0) / (x1 - x0) * span),
    Y(i, v) {
      const [a, b] = all[i].range, r = rows[i];
      const f = all[i].log ? (log10(Math.max(v, 1e-300)) - log10(a)) / (log10(b) - log10(a)) : (v - a) / (b - a);
      return r.bottom - clamp(f, -0.02, 1.02) * (r.bottom - r.top);
    },
  };
}

// ---- the two layers -----------------------------------------------------------------------------

const axisName = (i) => i ? `yaxis${i + 1}` : 'yaxis';
const ref = (i) => i ? `y${i + 1}` : 'y';
const domain = (r) => [1 - r.bottom / (G.h - BOTTOM), 1 - r.top / (G.h - BOTTOM)];

function layer(mine, withAxes) {
  const data = [], annotations = [], shapes = [];
  const layout = {
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', showlegend: false, hovermode: false,
    dragmode: false, autosize: false, width: G.w, height: G.h, font: { family: FONT, size: 11, color: T.ink3 },
    margin: { l: LEFT, r: RIGHT, t: 0, b: BOTTOM, pad: 0 },
    xaxis: {
      type: 'log', range: [log10(G.left), log10(G.right)], anchor: 'y5', fixedrange: true, zeroline: false,
      showgrid: withAxes, gridcolor: T.grid, showline: withAxes, linecolor: T.line, ticks: '',
      showticklabels: withAxes, ...xTicks(), tickfont: { size: 11, color: T.ink3 }, ticklabelstandoff: 4,
      ...(withAxes ? { title: { text: 'noise level σ', standoff: 9, font: { size: 12, color: T.ink2 } } } : {}),
    },
  };
  const hidden = (range, more) => ({ domain: domain(G.rows[3]), range, anchor: 'x', visible: false, fixedrange: true, ...more });
  if (withAxes) layout.yaxis6 = hidden([0, 1.9], { overlaying: 'y4' });
  else layout.yaxis7 = hidden([-0.05, 1]);
  G.all.forEach((s, i) => {
    const drawn = mine.includes(s.name);
    // an axis costs time in every drawing: a layer has only those that something lies on
    if (drawn || i === 4 || (!withAxes && i === 1)) layout[axisName(i)] = {
      domain: domain(G.rows[i]), range: s.log ? s.range.map(log10) : s.range, type: s.log ? 'log' : 'linear',
      anchor: 'x', fixedrange: true, showline: false, zeroline: false, ticks: '', gridcolor: T.grid,
      showgrid: drawn && s.grid !== false, showticklabels: drawn, tickfont: { size: 11, color: T.ink3 },
      tickvals: s.ticks.map((t) => t[0]), ticktext: s.ticks.map((t) => t[1]),
    };
    const more = !withAxes && i === 1 ? S.parts.run.own[S.measure] ?? [] : !withAxes && i === 3 ? S.parts.run.evaluations : [];
    for (const trace of [...(drawn ? s.traces : []), ...more]) {
      const axis = trace.meta?.overlay ? 'y6' : trace.meta?.foot ? 'y7' : ref(i);
      data.push({ ...themed(trace), yaxis: axis });
    }
    if (!drawn) return;
    for (const shape of s.shapes ?? []) shapes.push({ ...themed(shape), xref: 'x', yref: ref(i) });
    for (const note of s.notes ?? []) annotations.push(noteAnnotation(note, i));
  });
  // an empty trace on the lowest axis keeps the x axis where it belongs in both layers
  data.push({ type: 'scatter', x: [null], y: [null], yaxis: 'y5', hoverinfo: 'skip' });
  const taken = [];
  G.all.forEach((s, i) => { if (mine.includes(s.name)) placeLabels(s, i, annotations, taken); });
  return { data, layout: { ...layout, annotations, shapes } };
}

function xTicks() {
  const [low, high] = [G.right, G.left];
  let values = [1000, 100, 80, 10, 1, 0.1, 0.01, 0.002, 0.0001].filter((v) => v >= low * 1.02 && v <= high / 1.02);
  if (values.includes(100)) values = values.filter((v) => v !== 80);
  if (log10(high / low) < 2) values = [80, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002].filter((v) => v >= low && v <= high);
  return { tickvals: values, ticktext: values.map(String) };
}

function noteAnnotation(note, i) {
  const y = G.all[i].log ? log10(note.y) : note.y;
  return {
    x: log10(note.x), y, xref: 'x', yref: ref(i), showarrow: false, text: (G.middle && note.short) || note.text,
    font: { size: 11, color: themed(note.colour) }, xanchor: note.anchor, xshift: note.shift ?? 0,
    yanchor: note.above ? 'bottom' : note.below ? 'top' : 'middle', yshift: note.above ? 2 : 0,
  };
}

// Direct labels find their own place: near their line, clear of lines, edges and each other.
function placeLabels(strip, i, annotations, taken) {
  const row = G.rows[i], floor = strip.log ? strip.range[0] * 0.5 : -1e9;
  const heights = (curve, px) => {
    const s = G.inverse(px);
    if (s > curve.x[0] * 1.001 || s < curve.x[curve.x.length - 1] * 0.999) return null;
    return G.Y(i, Math.max(interp(curve.x, curve.y, s) ?? floor, floor));
  };
  for (const label of strip.labels) {
    if (!label.text) continue;
    const text = G.middle ? label.short : label.text;
    if (!text) continue;
    ruler.font = `${label.bold ? 600 : 400} 11px ${FONT}`;
    const w = ruler.measureText(text).width, h = 13, want = G.X(label.at);
    let best = null;
    for (let left = G.x0 + 3; left + w < G.x1 - 2; left += 9) for (const up of [true, false]) {
      const points = Array.from({ length: 5 }, (_, k) => left + w * k / 4);
      const own = points.map((p) => heights(label, p)).filter((v) => v != null);
      if (own.length < 5) continue;
      const top = up ? Math.min(...own) - h - 2 : Math.max(...own) + 2, bottom = top + h;
      if (top < row.top - 3 || bottom > row.bottom + 1) continue;
      let clear = 30;
      for (const other of strip.labels) if (other !== label) for (const p of points) {
        const v = heights(other, p);
        if (v != null) clear = Math.min(clear, v < top ? top - v : v > bottom ? v - bottom : -9);
      }
      if (clear < 2 || taken.some((q) => left < q[2] + 4 && left + w > q[0] - 4 && top < q[3] && bottom > q[1])) continue;
      const cost = Math.abs(left + w / 2 - want) / 40 + (Math.max(...own) - Math.min(...own)) / 4 + (clear < 6 ? 2 : 0) + (up ? 0 : 0.5);
      if (!best || cost < best.cost) best = { cost, left, top, bottom };
    }
    if (!best) continue;
    taken.push([best.left, best.top, best.left + w, best.bottom]);
    annotations.push({
      xref: 'paper', yref: 'paper', x: (best.left - G.x0) / (G.x1 - G.x0), y: 1 - (best.top + h / 2) / (G.h - BOTTOM),
      xanchor: 'left', yanchor: 'middle', showarrow: false, text: label.bold ? `<b>${text}</b>` : text,
      font: { size: 11, color: themed(label.colour) },
    });
  }
}

const LIVE = ['steps', 'error'];
let stillKey = '';

// Draw what changed.  `all` also redraws the still layer (theme, size, zoom, another measure).
export function drawSpine(all = false) {
  measure();
  if (G.w < 50) return;
  const key = [S.parts.data.key, S.parts.loss?.key, S.parts.path?.key, S.measure, G.all[1].range.join(), S.weight, G.w, G.h, G.left, G.right, T.dark, G.rows.map((r) => r.top | 0)].join();
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
  const c = surface(canvas, G.w, G.h), ticks = xTicks().tickvals, annotations = [], live = mine === LIVE;
  G.all.forEach((s, i) => {
    if (mine.includes(s.name)) {
      const ghost = i === 4 && pinned ? [{ mode: 'lines+markers', ...pinned.main, line: { width: 1.25, dash: 'dot', color: T.ink3 }, marker: { size: 6, symbol: 'diamond-open', color: T.ink3 } }] : [];
      drawStrip(c, s, G.rows[i], G, G.X, (v) => G.Y(i, v), ticks, [...s.traces, ...ghost]);
    }
    if (!live) return;
    if (i === 1) for (const trace of S.parts.run.own[S.measure] ?? []) drawTrace(c, trace, G.X, (v) => G.Y(i, v));
    const foot = G.rows[3].bottom - 0.048 * (G.rows[3].bottom - G.rows[3].top);
    if (i === 3) for (const trace of S.parts.run.evaluations) drawTrace(c, trace, G.X, () => foot);
  });
  if (!live) drawAxis(c, G, ticks, G.h - BOTTOM, 'noise level σ');
  const taken = [];
  G.all.forEach((s, i) => {
    if (!mine.includes(s.name)) return;
    for (const n of s.notes ?? []) {
      const x = G.X(n.x) + (n.shift ?? 0), y = G.Y(i, n.y) - (n.above ? 3 : n.below ? -2 : 0);
      write(c, (G.middle && n.short) || n.text, x, y, themed(n.colour), n.anchor, n.above ? 'bottom' : n.below ? 'top' : 'middle');
    }
    placeLabels(s, i, annotations, taken);
  });
  for (const a of annotations) write(c, a.text, G.x0 + a.x * (G.x1 - G.x0), (1 - a.y) * (G.h - BOTTOM), a.font.color, 'left', 'middle');
}

// ---- heads, readings, beads: HTML over the figures ----------------------------------------------

const CHOICES = {
  curvature: ['measure', [['bend', 'bend in t, per (ln σ)²'], ['kappa', 'κ of the curve (t, s x)'], ['angle', 'turning angle'], ['chord', 'distance from the chord']]],
  loss: ['weight', [['edm', 'λ and p_train of EDM'], ['vp', 'of VP: 1/σ²'], ['ve', 'of VE: 1/σ²'], ['iddpm', 'of iDDPM: 1/σ²'], ['raw', 'unweighted']]],
};

function drawHeads() {
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
    head.innerHTML = `<b>${s.title}</b>${words}<output id="read-${s.name}"></output>`
      + `<button class="i" data-strip="${s.name}" aria-label="About the strip ${s.title}"><svg viewBox="0 0 14 14"><circle cx="7" cy="7" r="5.6"/><path d="M7 6.4v3.2M7 4.3v.1"/></svg></button>`;
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
  const top = G.rows[0].top, bottom = G.h - BOTTOM;
  Object.assign($('#hop').style, { top: `${top}px`, height: `${bottom - top}px` });
  for (const id of ['line', 'peek']) Object.assign($(`#${id}`).style, { top: `${HEAD}px`, height: `${bottom - HEAD}px` });
  Object.assign($('#hit').style, { left: `${G.x0}px`, width: `${G.x1 - G.x0}px`, top: `${top}px`, height: `${bottom - top}px` });
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
    over.append(note);
  });
  const top = Math.max(Math.min(highest(), G.left), G.right), bottom = Math.max(Math.min(lowest(), G.left), G.right);
  Object.assign($('#strip').style, { left: `${G.X(top)}px`, width: `${G.X(bottom) - G.X(top)}px`, top: `${G.h - BOTTOM + 1}px` });
}

function readings(s) {
  const g = S.parts.run.sigma, i = stepAt(s), gap = g[i + 1] > 0 ? Math.log(g[i] / g[i + 1]) : null;
  const at = (strip) => strip?.main ? interp(strip.main.x, strip.main.y, s) : null;
  const [, curvature, plane, loss, error] = G.all, bend = at(curvature), k2 = at(plane), l = at(loss), e = at(error);
  return {
    steps: gap ? `Δσ ${sig3(g[i] - g[i + 1])}, Δ ln σ ${gap.toFixed(2)}` : g[i + 1] === 0 ? 'last step, to 0' : '',
    curvature: bend == null ? '' : `${curvature.unit ? `${curvature.unit} ` : ''}${curvature.name && S.measure === 'angle' ? `${bend.toFixed(3)} rad` : small(bend)}`,
    plane: k2 == null ? '' : `k = 2: ${k2 < 0.001 ? (100 * k2).toFixed(2) : (100 * k2).toFixed(1)} %`,
    loss: l == null ? '' : small(l),
    error: e == null || s > error.main.x[0] * 1.001 ? '' : small(e),
    values: { curvature: bend, plane: k2, loss: l, error: e != null && s <= error.main.x[0] * 1.001 ? e : null },
  };
}

// Move the cursor: CSS transforms only, no Plotly.
export function paintSpine() {
  if (!G) return;
  const s = S.peek ?? S.sigma, x = G.X(S.sigma), inside = x >= G.x0 - 1 && x <= G.x1 + 1;
  $('#line').style.visibility = inside ? 'visible' : 'hidden';
  $('#line').style.transform = `translateX(${x - 0.5}px)`;
  const pill = $('#pill');
  pill.textContent = `σ ${three(S.sigma)}`;
  const half = pill.offsetWidth / 2;
  pill.style.marginLeft = `${clamp(x, G.x0 + half - 30, G.w - half) - x}px`;
  $('#peek').style.visibility = S.peek == null ? 'hidden' : 'visible';
  if (S.peek != null) $('#peek').style.transform = `translateX(${G.X(s)}px)`;
  const g = S.parts.run.sigma, j = stepAt(S.sigma);
  const a = clamp(G.X(g[j]), G.x0, G.x1), b = clamp(g[j + 1] > 0 ? G.X(g[j + 1]) : G.x1, G.x0, G.x1);
  $('#hop').style.transform = `translateX(${a}px) scaleX(${Math.max(b - a, 0)})`;
  const read = readings(s);
  G.all.forEach((strip, i) => {
    const node = $(`#read-${strip.name}`);
    if (node && node.textContent !== read[strip.name]) node.textContent = read[strip.name];
    const bead = $(`#bead-${strip.name}`);
    if (!bead) return;
    const v = read.values[strip.name], px = G.X(s);
    bead.style.visibility = v == null || px < G.x0 || px > G.x1 || (strip.log && v < strip.range[0]) ? 'hidden' : 'visible';
    if (v != null) bead.style.transform = `translate(${px}px,${G.Y(i, v)}px)`;
    if (strip.name === 'error') bead.style.color = T.swap.get(S.parts.run.colour) ?? T.onestep;
  });
}

// ---- pointer: hover peeks, press or drag goes, wheel zooms in σ -----------------------------------

// The level whose dot lies under the pointer, if any: the dots of the time-step strip can be dragged.
function dotAt(e) {
  const box = $('#axis').getBoundingClientRect(), x = e.clientX - box.left, y = e.clientY - box.top;
  if (Math.abs(y - G.Y(0, 0)) > 9) return -1;
  const levels = S.parts.run.sigma.filter((s) => s > 0), gaps = levels.map((s) => Math.abs(G.X(s) - x));
  const i = gaps.indexOf(Math.min(...gaps));
  return gaps[i] <= 7 ? i : -1;
}

// The levels with one moved to σ, kept between its neighbours.
function moved(i, sigma) {
  const levels = S.parts.run.sigma.filter((s) => s > 0), gap = 1.002;
  const high = i ? levels[i - 1] / gap : 1000, low = i < levels.length - 1 ? levels[i + 1] * gap : 1e-4;
  levels[i] = +clamp(sigma, low, high).toPrecision(4);
  return levels;
}

export function initSpine({ go, redraw, edit }) {
  let grabbed = -1;
  const hit = $('#hit'), at = (e) => clamp(G.inverse(e.clientX - $('#axis').getBoundingClientRect().left), lowest(), highest());
  let down = false;
  hit.addEventListener('pointerdown', (e) => {
    hit.setPointerCapture(e.pointerId);
    S.peek = null;
    grabbed = dotAt(e);
    down = grabbed < 0;
    if (down) go(at(e));
  });
  hit.addEventListener('pointermove', (e) => {
    if (grabbed < 0 && !down) hit.style.cursor = dotAt(e) < 0 ? '' : 'ew-resize';
    if (grabbed >= 0) edit(moved(grabbed, G.inverse(e.clientX - $('#axis').getBoundingClientRect().left)));
    else if (down) go(at(e));
    else if (e.pointerType === 'mouse') { S.peek = at(e); paintSpine(); }
  });
  for (const end of ['pointerup', 'pointercancel']) hit.addEventListener(end, () => { down = false; grabbed = -1; });
  hit.addEventListener('pointerleave', () => { S.peek = null; paintSpine(); });
  hit.addEventListener('wheel', (e) => {
    e.preventDefault();
    const [left, right] = wholeRange(), s = G.inverse(e.clientX - $('#axis').getBoundingClientRect().left), f = 1.2 ** Math.sign(e.deltaY);
    const high = Math.min(left, s * (G.left / s) ** f), low = Math.max(right, s * (G.right / s) ** f);
    zoom = high >= left && low <= right ? null : high / low < 3 ? [G.left, G.right] : [high, low];
    $('#unzoom').hidden = !zoom;
    redraw();
  }, { passive: false });
  const whole = () => { zoom = null; $('#unzoom').hidden = true; redraw(); };
  hit.addEventListener('dblclick', whole);
  $('#unzoom').onclick = whole;
  $('#spine-over').addEventListener('click', (e) => {
    const button = e.target.closest('[data-strip]');
    if (button) showHelp(button, G.all.find((s) => s.name === button.dataset.strip));
  });
  $('#spine-over').addEventListener('change', (e) => {
    const select = e.target.closest('select');
    if (!select) return;
    S[select.dataset.field] = select.value;
    redraw();
    $('#axis').dispatchEvent(new CustomEvent('view', { bubbles: true }));
  });
  $('#pin').onclick = () => {
    const strip = S.parts.error?.strip;
    pinned = pinned || !strip ? null : { main: strip.main, name: S.parts.error.finding.title };
    $('#pin').textContent = pinned ? 'Unpin' : 'Pin this run';
    $('#pin').title = pinned ? `Pinned: ${pinned.name}` : 'Keep this error curve as a dotted ghost';
    drawSpine();
  };
  $('#save').onclick = save;
}

// Both layers and the heads as one picture.
async function save() {
  await plotly();
  const still = layer(STILL, true), live = layer(LIVE, false);
  for (const k of ['yaxis', 'yaxis5']) still.layout[k] = live.layout[k];
  still.layout.yaxis7 = { ...live.layout.yaxis7, overlaying: 'y4' };   // the ticks at the foot of the loss
  const heads = G.all.map((s, i) => ({
    xref: 'paper', yref: 'paper', x: 0, xshift: -LEFT - 2, y: 1 - G.rows[i].top / (G.h - BOTTOM), yshift: 3, xanchor: 'left', yanchor: 'bottom',
    showarrow: false, align: 'left', text: `<b>${s.title}</b>  ${s.hint}`, font: { size: 12, color: T.ink },
  }));
  const layout = {
    ...still.layout, paper_bgcolor: T.surface, margin: { l: LEFT, r: RIGHT, t: 4, b: BOTTOM },
    annotations: [...still.layout.annotations, ...live.layout.annotations, ...heads], shapes: [...still.layout.shapes, ...live.layout.shapes],
  };
  const name = (S.parts.error?.finding?.title ?? 'spine').replace(/[^\w.]+/g, '-').toLowerCase();
  Plotly.downloadImage({ data: [...still.data, ...live.data], layout }, { format: 'svg', width: G.w, height: G.h, filename: name });
}
