// The line over a sweep's figure at one cost: pressed, dragged, or moved by the arrow keys from one measured cost to
// the next.

import { $, clamp } from '../state.js';

let line = null,
  costs = [], // where it can stand, from left to right
  at = 0, // which of these
  axes = null, // of the figure it lies on
  moved = () => {};

const x = (cost) => axes.x._offset + axes.x.d2p(cost);

/** Wires the line and its figure, once. @param {HTMLElement} box of the figure
 * @param {(cost: number) => void} then it came to another cost */
export function init(box, then) {
  moved = then;
  line = document.createElement('div');
  line.className = 'nfe-line';
  line.hidden = true;
  line.innerHTML = '<span aria-hidden="true"></span>';
  line.tabIndex = 0;
  for (const [name, value] of Object.entries({ role: 'slider', 'aria-label': 'Evaluations that are compared' }))
    line.setAttribute(name, value);
  box.after(line);
  line.onkeydown = keyed;
  for (const one of [line, box]) {
    one.addEventListener('pointerdown', (e) => press(e, one, box));
    one.addEventListener('pointermove', (e) => one.hasPointerCapture(e.pointerId) && follow(e, box));
  }
}

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };
function keyed(e) {
  const way = KEYS[e.key];
  if (!way) return;
  e.preventDefault();
  e.stopPropagation(); // no other slider of the page follows
  go(clamp(at + way, 0, costs.length - 1));
}

function press(e, one, box) {
  if (!axes || line.hidden || e.button > 0) return;
  const { left, top } = box.getBoundingClientRect(),
    [px, py] = [e.clientX - left - axes.x._offset, e.clientY - top - axes.y._offset];
  const inside = px >= -12 && px <= axes.x._length + 12 && py >= -20 && py <= axes.y._length + 20;
  if (!inside) return;
  one.setPointerCapture(e.pointerId);
  line.focus({ preventScroll: true });
  e.preventDefault();
  follow(e, box);
}

function follow(e, box) {
  const px = e.clientX - box.getBoundingClientRect().left,
    off = costs.map((cost) => Math.abs(x(cost) - px));
  go(off.indexOf(Math.min(...off)));
}

function go(k) {
  if (k === at) return;
  at = k;
  draw();
  moved(costs[k]);
}

function draw() {
  const cost = costs[at],
    { _offset: top, _length: length } = axes.y;
  line.style.left = `${x(cost)}px`;
  line.style.top = `${line.previousElementSibling.offsetTop + top}px`;
  line.style.height = `${length}px`;
  $('span', line).textContent = cost;
  line.setAttribute('aria-valuemin', costs[0]);
  line.setAttribute('aria-valuemax', costs.at(-1));
  line.setAttribute('aria-valuenow', cost);
  line.setAttribute('aria-valuetext', `${cost} evaluations`);
}

/** Puts the line where it belongs on the figure as it is drawn now; without costs there is none.
 * @param {any} box @param {number[]} all @param {number} cost */
export function place(box, all, cost) {
  const { xaxis, yaxis } = box._fullLayout ?? {};
  line.hidden = !all.length || !xaxis;
  if (line.hidden) return;
  [costs, at, axes] = [all, Math.max(0, all.indexOf(cost)), { x: xaxis, y: yaxis }];
  draw();
}
