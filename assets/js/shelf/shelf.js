// The left figure of the shelf: one exact path in its own plane (2-D) or all of them in their own
// axes (3-D); for data on a line the two other frames.

import { $, S, clamp, interp, set } from '../state.js';
import { number, percent, short, tenTo } from '../numbers.js';
import { T, ramp, rgba } from '../theme.js';
import { dot, niceStep, open, ring, segment, sheet, sizeOf, widthOf, write } from '../draw/canvas.js';
import { chosen, column, largest, least, linear, planes } from './paths.js';
import { drawSpace, wireTurning } from './space.js';
import { drawPanel, panelOf } from '../stage/line/panel.js';

const M = { l: 26, r: 8, t: 6, b: 34 };

let mount = null,
  figure = null;

// ---- elements -------------------------------------------------------------------------------------

function prepare() {
  const root = $('#fig-mini');
  if (mount?.root === root) return root;
  const still = sheet(1, 1),
    over = sheet(1, 1),
    say = document.createElement('p');
  say.className = 'say';
  over.setAttribute('role', 'img');
  still.setAttribute('aria-hidden', 'true');
  root.replaceChildren(still, over, say);
  root.setAttribute('role', 'group');
  mount = { root, still, over, say, size: null };
  wireTurning(root, () => {
    drawMini();
    paintMini();
  });
  $('#mini-title').addEventListener('change', (e) => {
    set({ mini: e.target.value });
    e.target.dispatchEvent(new CustomEvent('view', { detail: S.view, bubbles: true }));
  });
  return root;
}

const option = (value, name, hint) =>
  `<label title="${hint}"><input type="radio" name="mini" value="${value}"><span>${name}</span></label>`;
const AXES =
  '<span class="seg" role="radiogroup" aria-label="Axes">' +
  option('plane', '2-D', 'One path in its plane') +
  option('space', '3-D', 'All paths, each in its own three principal axes') +
  '</span>';

// Rewritten only when the words change, so that focus stays on the toggle.
let titled = '';
function title(words, more, toggle) {
  const h3 = $('#mini-title'),
    text = `${words} ${more} ${toggle}`;
  if (text !== titled) {
    titled = text;
    h3.innerHTML = `<span class="words">${words}<em>${more}</em></span>${toggle ? AXES : ''}`;
  }
  for (const input of h3.querySelectorAll('input')) input.checked = input.value === S.mini;
}

function say(words, button = '') {
  mount.say.innerHTML = words + button;
  for (const canvas of [mount.still, mount.over]) canvas.style.display = words ? 'none' : '';
}

export function drawMini() {
  const { data, path, run } = S.parts;
  figure = null;
  if (!data || !run || !$('#fig-mini')) return;
  const root = prepare(),
    size = (mount.size = sizeOf(root));
  if (!size.w || !size.h) return;
  open(mount.over, size);
  say('');
  const p = planes(),
    space = S.mini === 'space' && p?.k >= 3 && data.kind !== 'line';
  root.classList.toggle('turns', Boolean(space));
  if (space) {
    root.tabIndex = 0;
    root.setAttribute('aria-label', 'Turn the axes with the arrow keys');
  } else root.removeAttribute('tabindex');
  const c = open(mount.still, size);
  if (data.kind === 'line') return drawFrames(c, size);
  if (!p) {
    title('One path in its plane', '', false);
    return say(
      path ? 'In 2-D a path cannot leave its plane; in 16-D it can, and hardly does.' : waiting(),
      path && S.values['data.dimension'] === 2
        ? ' <button class="reset" data-set=\'{"data.dimension": 16}\'>Lift it into 16-D</button>'
        : '',
    );
  }
  writeTitle(p, size, space);
  figure = space ? drawSpace(c, p, size) : drawPlane(c, p, size);
  mount.over.setAttribute(
    'aria-label',
    space
      ? `${p.paths} exact paths, each in its own three principal axes, path ${chosen(p) + 1} in ink; arrow keys turn`
      : `Exact path ${chosen(p) + 1}: second and third principal coordinate against ` +
          'the way still to go along the first',
  );
}

// Why there are no paths yet, or why there will be none.
function waiting() {
  const { state, why } = S.states.path ?? {};
  return state === 'refused' ? why : 'Waiting for the exact paths …';
}

export function paintMini() {
  if (!mount?.size?.w || !mount.size.h || !figure) return;
  const c = open(mount.over, mount.size),
    spot = figure(S.sigma ?? S.parts.run.sigma[0]);
  if (spot) ring(c, spot[0], spot[1], 3.5, T.ink);
}

function writeTitle(p, { w }, space) {
  const k = chosen(p),
    name = `Path ${k + 1}`;
  if (space) return title(w >= 230 ? `${p.paths} paths, own axes` : `${p.paths} paths`, '', true);
  const part = p.k > 2 ? `PC 3 is ${percent(largest(column(p, k, 2)) / largest(column(p, k, 1)))} of PC 2` : '';
  title(w >= 310 ? `${name} in its plane` : name, part, p.k >= 3);
}

// ---- 2-D: PC 2 over the way still to go along PC 1 -------------------------------------------------

const power = (n) => (n < 4 && n > -4 ? number(10 ** n) : tenTo(n));

function drawPlane(c, p, { w, h }) {
  const k = chosen(p),
    way = column(p, k, 0),
    second = column(p, k, 1),
    third = p.k > 2 ? column(p, k, 2) : null;
  const floor = least(p),
    keep = p.sigma.map((_, i) => i).filter((i) => way[i] > floor);
  const top = 1.18 * Math.max(...second, 1e-9),
    low = Math.min(0, ...second, ...(third ?? [0])) - 0.12 * top;
  const from = Math.log(way[0] * 1.25),
    to = Math.log(floor * 1.3);
  const X = (v) => M.l + ((w - M.l - M.r) * (from - Math.log(v))) / (from - to),
    Y = (v) => M.t + (h - M.t - M.b) * (1 - (v - low) / (top - low));
  drawPlaneAxes(c, { X, Y, w, h, from, to, top, low });
  const line = (values) => {
    c.beginPath();
    for (const i of keep) c.lineTo(X(way[i]), Y(values[i]));
    c.stroke();
  };
  if (third) {
    c.setLineDash([6, 2, 1, 2]);
    c.lineWidth = 1.25;
    c.strokeStyle = T.reference;
    line(third);
    c.setLineDash([]);
  }
  c.lineWidth = 1.75;
  c.strokeStyle = T.ink;
  line(second);
  for (const i of keep) dot(c, X(way[i]), Y(second[i]), 2.75, ramp(p.sigma[i]));
  const peak = keep.reduce((m, i) => (second[i] > second[m] ? i : m), keep[0]);
  write(c, 'PC 2', clamp(X(way[peak]), M.l + 14, w - M.r - 14), Math.max(12, Y(second[peak]) - 6), {
    align: 'center',
    weight: 600,
    colour: T.ink,
    halo: true,
  });
  if (third) labelThird(c, { X, Y, w, h }, keep, way, second, third);
  return (sigma) => {
    const v = interp(p.sigma, way, sigma);
    return v > floor ? [X(v), Y(linear(p.sigma, second, sigma))] : null;
  };
}

// Where PC 3 is far from PC 2, and below it if there is room.
function labelThird(c, { X, Y, h }, keep, way, second, third) {
  const j = keep.reduce((m, i) => (Math.abs(third[i]) > Math.abs(third[m]) ? i : m), keep[0]),
    y = Y(third[j]);
  const below = y + 13 < h - M.b - 1 && (second[j] > third[j] || y < M.t + 16);
  write(c, 'PC 3', Math.max(M.l + 14, X(way[j])), below ? y + 12 : y - 5, { align: 'center', halo: true });
}

function drawPlaneAxes(c, { X, Y, w, h, from, to, top, low }) {
  c.lineWidth = 1;
  c.strokeStyle = T.grid;
  for (let n = Math.ceil(to / Math.LN10); n <= from / Math.LN10; n++) {
    const x = Math.round(X(10 ** n)) + 0.5;
    if (x < M.l + 2) continue;
    segment(c, x, M.t, x, h - M.b);
    write(c, power(n), x, h - M.b + 13, { align: 'center' });
  }
  const step = niceStep(top - low, 2.5);
  for (let v = Math.ceil(low / step) * step; v < top; v += step) {
    const y = Math.round(Y(v)) + 0.5,
      zero = Math.abs(v) < step / 2;
    c.strokeStyle = zero ? T.line : T.grid;
    segment(c, M.l, y, w - M.r, y);
    write(c, zero ? '0' : short(v), M.l - 5, y, { align: 'right', base: 'middle' });
  }
  write(c, 'way still to go along PC 1', (M.l + w - M.r) / 2, h - 6, { align: 'center', colour: T.ink2 });
}

// ---- data on a line: the same paths in the other frames -------------------------------------------

function drawFrames(c, { w, h }) {
  title('Other frames', 'same paths', false);
  const others = Object.values(S.parts.data.line.frames)
      .map(({ frame }) => frame)
      .filter(({ name }) => name !== S.parts.run.frame.name),
    gap = 16,
    pw = (w - gap * (others.length - 1)) / others.length;
  const panels = others.map((frame, j) =>
    panelOf({ x: 1 + j * (pw + gap), y: 1, w: pw - 2, h: h - 22 }, frame, 'wide'),
  );
  for (const p of panels) {
    drawPanel(c, p, { rich: false, width: 1.25 });
    c.lineWidth = 1;
    c.strokeStyle = T.line;
    c.strokeRect(p.x - 0.5, p.y - 0.5, p.w + 1, p.h + 1);
    const used = write(c, p.frame.label, p.x + 1, h - 6, { weight: 600, colour: T.ink2 });
    const axis = [`, linear in ${p.f.words}`, `, ${p.f.words}`].find((words) => used + widthOf(c, words) < pw);
    if (axis) write(c, axis, p.x + 1 + used, h - 6, { colour: T.ink2 });
  }
  mount.over.setAttribute(
    'aria-label',
    `The same paths in the frames ${panels.map((p) => p.frame.label).join(' and ')}`,
  );
  const line = (sigma) => {
    const cc = mount.over.getContext('2d');
    cc.lineWidth = 1;
    cc.strokeStyle = rgba(T.ink, 0.7);
    for (const p of panels)
      if (sigma <= p.sigma) {
        const x = Math.round(p.X(sigma)) + 0.5;
        segment(cc, x, p.y, x, p.y + p.h);
      }
  };
  figure = (sigma) => {
    line(sigma);
    return null;
  };
}
