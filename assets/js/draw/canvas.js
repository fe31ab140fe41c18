// What every canvas needs: sharp pixels, words, discs, and arrays unpacked only once.

import { FONT, T, type } from '../theme.js';

export const CIRCLE = 2 * Math.PI;

// Sizes are read once, and renewed when the browser tells of a change: to read one while drawing
// makes it lay out the whole page on the spot.
const sizes = new WeakMap();
let redraw = () => {};
export const whenResized = (f) => {
  redraw = f;
};
const watcher = new ResizeObserver((entries) => {
  const changed = entries.filter(
    ({ target: t }) => sizes.has(t) && (sizes.get(t).w !== t.clientWidth || sizes.get(t).h !== t.clientHeight),
  );
  for (const { target } of changed) sizes.delete(target);
  if (changed.some(({ target }) => target.clientWidth)) requestAnimationFrame(() => redraw());
});

const NONE = { w: 0, h: 0 },
  hidden = new Set(); // what has no size for the rest of this task

/** Sizes of what may be hidden, for the rest of this task: to be read where the page is laid out anyway.
 * @param {Element[]} elements */
export function measureNow(elements) {
  for (const element of elements) if (!sizeOf(element).w) hidden.add(element);
  queueMicrotask(() => hidden.clear());
}

export function sizeOf(element) {
  let size = hidden.has(element) ? NONE : sizes.get(element);
  if (!size) {
    size = { w: element.clientWidth, h: element.clientHeight };
    if (size.w && size.h) {
      sizes.set(element, size);
      watcher.observe(element);
    }
  }
  return { ...size, ratio: devicePixelRatio || 1 };
}

// A cleared context in CSS pixels.  Setting a canvas's size clears it and costs, so only if needed.
export function open(canvas, { w, h, ratio }) {
  const width = Math.round(w * ratio),
    height = Math.round(h * ratio),
    c = canvas.getContext('2d');
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, h);
  return c;
}

export const sheet = (width, height) => Object.assign(document.createElement('canvas'), { width, height });

// Remembers the last result: made again only when the key changes.
export function once() {
  let held, value;
  return (key, make) => {
    if (key !== held) {
      value = make();
      held = key;
    }
    return value;
  };
}

const font = ({ size = 11, weight = 400, italic = false }) =>
  `${italic ? 'italic ' : ''}${weight} ${type(size)}px ${FONT}`;

// Words; `halo` keeps them readable over lines.  Returns their width.
export function write(c, words, x, y, style = {}) {
  c.font = font(style);
  c.textAlign = style.align ?? 'left';
  c.textBaseline = style.base ?? 'alphabetic';
  if (style.halo) {
    c.lineJoin = 'round';
    c.lineWidth = 4;
    c.strokeStyle = T.surface;
    c.strokeText(words, x, y);
  }
  c.fillStyle = style.colour ?? T.ink3;
  c.fillText(words, x, y);
  return c.measureText(words).width;
}

export function widthOf(c, words, style = {}) {
  c.font = font(style);
  return c.measureText(words).width;
}

export function disc(c, x, y, r) {
  c.beginPath();
  c.arc(x, y, r, 0, CIRCLE);
}

// A dot whose rim sets it off from what lies below.
export function dot(c, x, y, r, fill, rim = T.rim) {
  disc(c, x, y, r);
  c.fillStyle = fill;
  c.fill();
  c.lineWidth = 1;
  c.strokeStyle = rim;
  c.stroke();
}

export function ring(c, x, y, r, colour, width = 2) {
  disc(c, x, y, r);
  c.fillStyle = T.surface;
  c.fill();
  c.lineWidth = width;
  c.strokeStyle = colour;
  c.stroke();
}

export function segment(c, x1, y1, x2, y2) {
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.stroke();
}

// Arrows of equal length in one stroke and one fill.  list: flat [x, y, ux, uy, ...], u of length 1.
export function arrows(c, list, length, colour) {
  const half = length / 2,
    head = 4;
  c.beginPath();
  for (let j = 0; j < list.length; j += 4) {
    const [x, y, ux, uy] = [list[j], list[j + 1], list[j + 2], list[j + 3]];
    c.moveTo(x - ux * half, y - uy * half);
    c.lineTo(x + ux * (half - head), y + uy * (half - head));
  }
  c.lineWidth = 1;
  c.strokeStyle = colour;
  c.stroke();
  c.beginPath();
  for (let j = 0; j < list.length; j += 4) {
    const tx = list[j] + list[j + 2] * half,
      ty = list[j + 1] + list[j + 3] * half;
    const bx = tx - list[j + 2] * head,
      by = ty - list[j + 3] * head,
      nx = -list[j + 3] * 2,
      ny = list[j + 2] * 2;
    c.moveTo(tx, ty);
    c.lineTo(bx + nx, by + ny);
    c.lineTo(bx - nx, by - ny);
  }
  c.fillStyle = colour;
  c.fill();
}

// 1, 2 or 5 times a power of ten: about `count` of them make `span`.
export function niceStep(span, count) {
  const raw = span / count,
    power = 10 ** Math.floor(Math.log10(raw)),
    f = raw / power;
  return power * (f < 1.5 ? 1 : f < 3.5 ? 2 : f < 7.5 ? 5 : 10);
}

// The longest of several wordings that fits.
export const fitting = (c, wordings, width, style) =>
  wordings.find((w) => widthOf(c, w, style) <= width) ?? wordings[wordings.length - 1];
