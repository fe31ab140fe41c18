// Guidance in the panel: which of its rows matter, and w(σ) as a curve to drag.

import { $, $$, S, clamp } from '../state.js';
import { sigmaScale, sigmaTicks } from '../draw/scale.js';
import { MOST, added, bent, curveOf, knotsOf, moved, weightAt } from './knots.js';
import { specOf } from './spec.js';

const CURVE = 'model.curve',
  W = 246,
  H = 92,
  PAD = { left: 22, right: 6, top: 8, bottom: 16 };
const SVG = 'http://www.w3.org/2000/svg';
const OF_APG = ['model.momentum', 'model.norm', 'model.parallel'];

/** Whether a row of guidance would change nothing; what a link says stays seen.
 * @param {string} key @param {any} basis its default */
export function idle(key, basis) {
  if (key === 'model.weaker') return S.values['model.against'] === 'any';
  return OF_APG.includes(key) && S.values['model.rule'] !== 'apg' && S.values[key] === basis;
}

const curve = () => S.values[CURVE] ?? [];
const knots = () => (Array.isArray(curve()) ? knotsOf(curve()) : []);
const bounds = () => [S.values['model.sigma_lo'] ?? 0, S.values['model.sigma_hi'] ?? 1e9];

function range() {
  const own = S.parts.run?.sigma.filter((s) => s > 0) ?? [80, 0.002];
  const all = [...own, ...knots().map((k) => k.sigma)];
  return [Math.min(...all), Math.max(...all)];
}

function scales() {
  const [low, high] = range(),
    most = Math.max(2, S.values['model.guidance'] ?? 1, ...knots().map((k) => k.w)),
    top = Math.min(MOST, [2, 4, 6, 10].find((v) => v >= most) ?? MOST);
  const { X, inverse } = sigmaScale(high, low, PAD.left, W - PAD.right),
    span = H - PAD.top - PAD.bottom;
  return {
    low,
    high,
    top,
    X,
    inverse,
    Y: (w) => H - PAD.bottom - (span * w) / top,
    weight: (y) => ((H - PAD.bottom - y) / span) * top,
  };
}

function mark(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// w(σ) as it is used: the curve or the constant in its interval, 1 outside.
function path(at, own) {
  const [from, to] = bounds(),
    w = (s) => (own.length ? weightAt(own, s) : (S.values['model.guidance'] ?? 1));
  const levels = Array.from({ length: 97 }, (_, k) => at.high * (at.low / at.high) ** (k / 96));
  for (const edge of [from, to]) if (edge > at.low && edge < at.high) levels.push(edge, edge * 1.00001);
  return levels
    .sort((a, b) => b - a)
    .map((s, k) => `${k ? 'L' : 'M'}${at.X(s).toFixed(1)} ${at.Y(s > from && s <= to ? w(s) : 1).toFixed(1)}`)
    .join('');
}

function knob(at, { sigma, w }, k) {
  const words = `Knot ${k + 1}: σ ${+sigma.toPrecision(3)}, w ${+w.toFixed(2)}`;
  const node = mark('circle', {
    cx: at.X(sigma),
    cy: at.Y(w),
    r: 5,
    tabindex: 0,
    role: 'slider',
    'data-knot': k,
    'aria-label': words,
    'aria-valuemin': 0,
    'aria-valuemax': MOST,
    'aria-valuenow': +w.toFixed(2),
    'aria-valuetext': `w ${+w.toFixed(2)} at σ ${+sigma.toPrecision(3)}`,
  });
  node.append(mark('title', {}, `${words}; arrows move it, Delete removes it`));
  return node;
}

/** Draw the editor of the chosen model; called whenever its row is written. */
export function writeCurve(row) {
  const svg = $('svg', row),
    own = knots(),
    at = scales(),
    held = svg.contains(document.activeElement) ? document.activeElement.dataset.knot : null;
  svg.setAttribute('viewBox', `0 0 ${W} ${H}`);
  const axis = [0, 1, at.top].flatMap((w) => [
    mark('line', { class: 'grid', x1: PAD.left, x2: W - PAD.right, y1: at.Y(w), y2: at.Y(w) }),
    mark('text', { x: PAD.left - 5, y: at.Y(w) + 4, 'text-anchor': 'end' }, String(w)),
  ]);
  const ticks = sigmaTicks(at.low, at.high).map((s) =>
    mark('text', { x: at.X(s), y: H - 3, 'text-anchor': 'middle' }, String(s)),
  );
  const steps = (S.parts.run?.sigma ?? [])
    .filter((s) => s > 0)
    .map((s) => mark('line', { class: 'step', x1: at.X(s), x2: at.X(s), y1: H - PAD.bottom, y2: H - PAD.bottom - 4 }));
  svg.replaceChildren(
    ...axis,
    ...ticks,
    ...steps,
    mark('path', { d: path(at, own) }),
    ...own.map((k, i) => knob(at, k, i)),
  );
  if (held !== null) $(`[data-knot="${held}"]`, svg)?.focus();
  $('[data-bend]', row).textContent = own.length ? 'Flat' : 'Bend';
  $('[data-bend]', row).title = own.length ? 'the same weight at every level again' : 'knots to drag';
  const text = $('input[type=text]', row);
  if (document.activeElement !== text) text.value = curve().length ? [].concat(curve()).join(', ') : '';
  row.title = specOf(CURVE).help;
}

// Where a pointer is, in the units of the picture.
function place(svg, e) {
  const box = svg.getBoundingClientRect();
  return [((e.clientX - box.left) * W) / box.width, ((e.clientY - box.top) * H) / box.height];
}

function drag(svg, e, use) {
  const k = +e.target.dataset.knot,
    at = scales();
  e.preventDefault();
  e.target.focus();
  const move = (m) => {
    const [x, y] = place(svg, m);
    use(
      moved(knots(), k, { sigma: at.inverse(clamp(x, PAD.left, W - PAD.right)), w: at.weight(y) }, [at.low, at.high]),
    );
  };
  const done = () => {
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', done);
    removeEventListener('pointercancel', done);
  };
  addEventListener('pointermove', move);
  addEventListener('pointerup', done);
  addEventListener('pointercancel', done);
}

function key(e, use) {
  const k = +e.target.dataset.knot,
    own = knots(),
    fine = e.shiftKey ? 0.2 : 1;
  const [dw, ds] =
    { ArrowUp: [0.1, 1], ArrowDown: [-0.1, 1], ArrowLeft: [0, 1.1], ArrowRight: [0, 1 / 1.1] }[e.key] ?? [];
  if (e.key === 'Delete' || e.key === 'Backspace') use(own.filter((_, i) => i !== k));
  else if (ds) use(moved(own, k, { sigma: own[k].sigma * ds ** fine, w: own[k].w + dw * fine }, range()));
  else return;
  e.preventDefault();
}

/** Wire the editors: a knot is dragged or moved by arrows, a press on the curve adds one.
 * @param {(key: string, value: any) => void} write */
export function initCurve(write) {
  for (const row of $$(`[data-key="${CURVE}"]`)) {
    const svg = $('svg', row);
    const use = (own) => {
      write(CURVE, curveOf(own));
      writeCurve(row);
    };
    svg.addEventListener('pointerdown', (e) => {
      if (e.target.dataset.knot) return drag(svg, e, use);
      const own = knots();
      if (own.length) use(added(own, scales().inverse(clamp(place(svg, e)[0], PAD.left, W - PAD.right))));
    });
    svg.addEventListener('keydown', (e) => e.target.dataset.knot && key(e, use));
    $('[data-bend]', row).addEventListener('click', () => {
      const { low, high } = scales();
      use(knots().length ? [] : bent(S.values['model.guidance'] ?? 1, low, high));
    });
  }
}
