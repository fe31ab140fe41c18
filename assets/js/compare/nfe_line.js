// The line over a sweep's figure at one cost: pressed, dragged, or moved by the arrow keys from one measured cost to
// the next.

import { $, clamp } from '../state.js';

let line = null,
  stops = [], // where it can stand, from left to right
  at = 0, // which of these
  axes = null, // of the figure it lies on
  moved = () => {};

const x = (stop) => axes.x._offset + axes.x.d2p(stop.at);

/** Wires the line and its figure, once. @param {HTMLElement} box of the figure
 * @param {(cost: number) => void} then it came to another cost */
export function init(box, then) {
  moved = then;
  line = document.createElement('div');
  line.className = 'nfe-line';
  line.hidden = true;
  line.innerHTML = '<span aria-hidden="true"></span>';
  line.tabIndex = 0;
  line.setAttribute('role', 'slider');
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
  go(clamp(at + way, 0, stops.length - 1));
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
    off = stops.map((stop) => Math.abs(x(stop) - px));
  go(off.indexOf(Math.min(...off)));
}

function go(k) {
  if (k === at) return;
  at = k;
  draw();
  moved(stops[k].at);
}

function draw() {
  const stop = stops[at],
    { _offset: top, _length: length } = axes.y;
  line.style.left = `${x(stop)}px`;
  line.style.top = `${line.previousElementSibling.offsetTop + top}px`;
  line.style.height = `${length}px`;
  $('span', line).textContent = stop.name;
  line.setAttribute('aria-valuemin', stops[0].at);
  line.setAttribute('aria-valuemax', stops.at(-1).at);
  line.setAttribute('aria-valuenow', stop.at);
  line.setAttribute('aria-valuetext', stop.where);
}

/** Puts the line where it belongs on the figure as it is drawn now; without costs there is none.
 * @param {any} box @param {any[]} all as the server tells them @param {any} here one of these
 * @param {string} along what they are values of */
export function place(box, all, here, along) {
  const { xaxis, yaxis } = box._fullLayout ?? {};
  line.hidden = !all.length || !xaxis;
  if (line.hidden) return;
  [stops, at, axes] = [all, Math.max(0, all.indexOf(here)), { x: xaxis, y: yaxis }];
  line.setAttribute('aria-label', `${along} that are compared`);
  draw();
}
