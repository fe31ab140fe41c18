// A pad for data of one's own: strokes become points, points become text that fits in a link.

import { $, S, clamp, set } from '../state.js';
import { T, rgba } from '../theme.js';
import { disc, open, write } from '../draw/canvas.js';

const STEPS = 127,
  MOST = 600,
  APART = 6,
  FEWEST = 3,
  PAUSE = 400; // as explorer/data/drawn.py; px; ms
const FIELD = 'data.points_text';

// Points in [−1, 1]² as URL-safe text: two signed bytes each, in base64.
export function encodePoints(points) {
  const values = Int8Array.from(points.flat(), (v) => clamp(Math.round(v * STEPS), -STEPS, STEPS));
  return btoa(String.fromCharCode(...new Uint8Array(values.buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

export function decodePoints(text) {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/'),
    values = Int8Array.from(atob(plain), (c) => c.charCodeAt(0));
  return Array.from({ length: values.length >> 1 }, (_, j) => [values[2 * j] / STEPS, values[2 * j + 1] / STEPS]);
}

let stage = null,
  canvas = null,
  strokes = [],
  known = null,
  sent = null,
  timer = null,
  active = null;

const points = () => strokes.flat();
// below the tools, above the buttons
const place = ({ w, h }) => ({ x: w / 2, y: h / 2, r: Math.min(w - 28, h - 104) / 2 });

function init(owner) {
  stage = owner;
  const button = (act, words, more = '') =>
    `<button type="button" class="ghost${more}" data-do="${act}">${words}</button>`;
  stage.pad.innerHTML =
    '<canvas role="img" aria-label="Drawing pad"></canvas><div class="buttons">' +
    button('clear', 'Clear') +
    button('undo', 'Undo stroke') +
    button('use', 'Use drawing', ' use') +
    '<output aria-live="polite"></output></div>';
  canvas = $('canvas', stage.pad);
  canvas.style.pointerEvents = 'auto';
  canvas.addEventListener('pointerdown', start);
  canvas.addEventListener('pointermove', move);
  for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, finish);
  stage.pad.addEventListener('click', (e) => ({ clear, undo, use })[e.target.dataset?.do]?.());
}

// ---- strokes --------------------------------------------------------------------------------------

function world(e) {
  const r = canvas.getBoundingClientRect(),
    p = place(stage.size);
  return [clamp((e.clientX - r.left - p.x) / p.r, -1, 1), clamp((p.y - (e.clientY - r.top)) / p.r, -1, 1)];
}

function start(e) {
  if (e.button > 0 || active) return;
  e.preventDefault();
  canvas.setPointerCapture(e.pointerId);
  active = { id: e.pointerId, stroke: [] };
  strokes.push(active.stroke);
  clearTimeout(timer);
  add(world(e));
}

function move(e) {
  if (active?.id !== e.pointerId) return;
  // a fast pointer reports several places at once
  for (const one of e.getCoalescedEvents?.() ?? [e]) add(world(one));
}

// Points APART pixels apart along the way from the last one.
function add(to) {
  const { stroke } = active,
    from = stroke[stroke.length - 1],
    gap = APART / place(stage.size).r;
  if (!from) {
    if (points().length < MOST) stroke.push(to);
    return render();
  }
  const way = Math.hypot(to[0] - from[0], to[1] - from[1]),
    n = Math.floor(way / gap);
  for (let j = 1; j <= n && points().length < MOST; j++)
    stroke.push([0, 1].map((m) => from[m] + ((to[m] - from[m]) * j * gap) / way));
  if (n) render();
}

function finish(e) {
  if (active?.id !== e.pointerId) return;
  active = null;
  changed();
}

function clear() {
  strokes = [];
  changed();
}
function undo() {
  strokes.pop();
  changed();
}
function use() {
  send();
  set({ view: 'fit' });
  stage.tell('view', S.view);
}

function changed() {
  render();
  clearTimeout(timer);
  timer = setTimeout(send, PAUSE);
}

// Fewer than 3 points, or all on one spot, are no data set.
const usable = (list) =>
  list.length >= FEWEST && list.some(([x, y]) => Math.abs(x - list[0][0]) + Math.abs(y - list[0][1]) > 2 / STEPS);

function send() {
  clearTimeout(timer);
  const list = points();
  if (active || !usable(list)) return;
  const text = encodePoints(list);
  if (text === known || text === sent) return;
  sent = text;
  stage.tell('drawn', { text });
}

// ---- drawing --------------------------------------------------------------------------------------

// A text that neither was loaded nor sent from here (Reset, Undo, a link) replaces the strokes.
function load() {
  const text = S.values[FIELD] ?? '';
  if (text === known || active) return;
  if (text === sent) {
    known = text;
    return;
  }
  known = text;
  sent = null;
  try {
    strokes = text ? [decodePoints(text)] : [];
  } catch {
    strokes = [];
  }
}

function render() {
  const c = open(canvas, stage.size),
    { x, y, r } = place(stage.size),
    list = points();
  c.beginPath();
  c.roundRect(x - r - 6.5, y - r - 6.5, 2 * r + 13, 2 * r + 13, 8);
  c.setLineDash([3, 4]);
  c.lineWidth = 1;
  c.strokeStyle = T.line;
  c.stroke();
  c.setLineDash([]);
  if (!list.length) write(c, 'Draw with mouse, finger or pen', x, y, { size: 13, align: 'center', colour: T.ink3 });
  c.strokeStyle = rgba(T.onestep, 0.35);
  c.lineWidth = 1;
  for (const stroke of strokes) {
    c.beginPath();
    stroke.forEach(([u, v], j) =>
      near(stroke[j - 1], [u, v], r) ? c.lineTo(x + r * u, y - r * v) : c.moveTo(x + r * u, y - r * v),
    );
    c.stroke();
  }
  c.fillStyle = T.onestep;
  for (const [u, v] of list) {
    disc(c, x + r * u, y - r * v, 2);
    c.fill();
  }
  $('output', stage.pad).textContent =
    list.length >= MOST
      ? `${list.length} points, the pad is full`
      : list.length < FEWEST
        ? 'at least 3 points'
        : `${list.length} points`;
  $('[data-do=clear]', stage.pad).disabled = $('[data-do=undo]', stage.pad).disabled = !list.length;
  $('[data-do=use]', stage.pad).disabled = !usable(list);
}

// A loaded drawing does not say where its strokes began: only near neighbours are joined.
const near = (a, b, r) => a && Math.hypot(a[0] - b[0], a[1] - b[1]) * r < 3 * APART;

function draw({ under, still, over, size }) {
  for (const layer of [under, still, over]) open(layer, size);
  load();
  render();
}

const words = () => ({ where: 'draw the data; every stroke is used at once', key: [], label: 'Drawing pad', keys: '' });

export const drawView = { init, words, draw, paint() {} };
