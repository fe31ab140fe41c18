// The curve itself, as SVG: median, band, the span near the best, and the value on show, which moves by itself.

import { number, short, tenTo } from '../numbers.js';
import { along, part, placed, range, ticks } from './place.js';

const f = (v) => v.toFixed(2);

const level = (y) => (Number.isInteger(y) && y < -3 ? tenTo(y) : number(10 ** y));

/** A drawing of a curve: `html`, and `place(x, value)`, what stands at a place on the track.
 * @param {object} p what the server says of the setting
 * @param {object} curve its answer
 * @param {{width: number, height: number, thumb: number, x: number, beside?: object}} look
 *   x: where the thumb is, 0 to 1; beside: another solver's curve */
export function drawing(p, curve, { width, height, thumb, x, beside }) {
  const points = placed(p, curve.points),
    other = beside ? placed(p, beside.points) : [];
  if (!points.length) return null;
  const ends = range([...points, ...other.filter((o) => o.y < points[0].y)], along(points, x)),
    across = (part) => thumb / 2 + part * (width - thumb),
    down = (y) => height - ((y - ends[0]) / (ends[1] - ends[0])) * height;
  const line = (list, key = 'y') => list.map((q) => `${f(across(q.x))},${f(down(q[key]))}`).join(' ');
  const marks = [
    ...ticks(ends).map(
      (y) =>
        `<path class="grid" d="M0 ${f(down(y))}H${width}"/>` +
        `<text class="tick" x="${width - 2}" y="${f(down(y) - 3)}" text-anchor="end">${level(y)}</text>`,
    ),
    `<polygon class="band" points="${line(points, 'high')} ${line([...points].reverse(), 'low')}"/>`,
    other.length > 1 ? `<polyline class="other" points="${line(other)}"/>` : '',
    `<polyline class="median" points="${line(points)}"/>`,
    ...points.map((q) => `<circle class="point" cx="${f(across(q.x))}" cy="${f(down(q.y))}" r="1.8"/>`),
  ];
  const near = span(p, curve, across, { width, height }),
    html = `${near.html}${marks.join('')}${near.name}
    <g class="here"><path class="stem"/><circle class="dot" r="5"/><text class="value"></text></g>`;
  return { html, place: (x, value) => spot(points, across, down, { x, value, width, height, label: near.box }) };
}

function span(p, curve, across, { width, height }) {
  if (!curve.span) return { html: '', name: '', box: null };
  const [a, b] = curve.span.map((v) => across(part(p, v))),
    left = part(p, curve.span[0]) <= 0 ? 0 : a,
    right = part(p, curve.span[1]) >= 1 ? width : b,
    label = right - left > 128 ? 'within 1.5 × of the best' : right - left > 60 ? '≤ 1.5 ×' : '',
    half = label.length * 2.7,
    middle = Math.min((left + right) / 2, width - 42 - half);
  return {
    html: `<rect class="span" x="${f(left)}" y="0" width="${f(Math.max(2, right - left))}" height="${height}"/>`,
    name: `<text class="name" x="${f(middle)}" y="12" text-anchor="middle">${label}</text>`,
    box: label ? [middle - half, middle + half] : null,
  };
}

// The dot at a place on the track, its stem and the error there; of a value that was not measured, about.
function spot(points, across, down, { x, value, width, height, label }) {
  const y = along(points, x),
    cx = across(x);
  if (y == null) return { cx, cy: null, text: '' };
  const cy = Math.max(0, down(y)),
    here = points.find((q) => q.value === value),
    after = cx < width - 64,
    under = label && cx < label[1] && cx + 60 > label[0], // the name of the span lies above
    below = cy < (under ? 34 : 18);
  return {
    cx,
    cy,
    text: here ? short(here.median) : `≈ ${short(10 ** y)}`,
    height,
    at: [after ? cx + 9 : cx - 9, below ? cy + 18 : Math.min(cy - 8, height - 4)],
    anchor: after ? 'start' : 'end',
  };
}

/** The dot moved to where the thumb is.
 * @param {SVGElement} svg @param {ReturnType<typeof drawing>} drawn @param {number} x @param {number} value */
export function moveTo(svg, drawn, x, value) {
  const { cx, cy, text, height, at, anchor } = drawn.place(x, value),
    group = svg.querySelector('.here');
  group.style.display = cy == null ? 'none' : '';
  if (cy == null) return;
  const [stem, dot, said] = group.children;
  dot.setAttribute('cx', f(cx));
  dot.setAttribute('cy', f(cy));
  stem.setAttribute('d', `M${f(cx)} ${f(cy)}V${height}`);
  said.setAttribute('x', f(at[0]));
  said.setAttribute('y', f(at[1]));
  said.setAttribute('text-anchor', anchor);
  said.textContent = text;
}
