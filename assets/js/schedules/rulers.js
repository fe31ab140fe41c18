// The six rulers under the rows: the same places in other words, and what each says at the cursor.

import { number } from '../numbers.js';
import { placeTicks, readAt } from './scale.js';
import { line, on, rect, tag, words } from './svg.js';

const NEAR = 30; // px: ticks this near to the cursor fade
const ROUNDING = 5e-6; // what float32 lists leave of a log SNR of 0
const UNDER = 40; // px: those of σ that its pill covers

/** How a ruler's value is written.
 * @param {string} name @param {number | null} value */
export function written(name, value) {
  if (value == null || Number.isNaN(value)) return '–';
  if (name === 'timestep') return value.toFixed(2).replace(/\.?0+$/, '');
  if (name === 'percent') return `${value.toFixed(1)} %`;
  return number(Math.abs(value) < ROUNDING ? 0 : value);
}

export const stepOf = (axis) => (axis.look === 'narrow' ? 24 : 23);

/** All rulers as SVG text, and its height.
 * @param {object} told @param {ReturnType<import('./scale.js').axisOf>} axis */
export function drawRulers(told, axis) {
  const step = stepOf(axis),
    parts = [rect(axis.low, 0, axis.high - axis.low, 3, { fill: 'url(#sch-ramp)' })];
  told.rulers.forEach((ruler, k) => parts.push(drawRuler(ruler, k, k * step + 1, axis)));
  return { svg: parts.join(''), height: told.rulers.length * step + 4 };
}

function drawRuler(ruler, k, y, axis) {
  const narrow = axis.look === 'narrow',
    out = [];
  if (k) out.push(line(axis.gutter, y, axis.end, y, { stroke: 'var(--line)' }));
  const tick = { fill: 'var(--ink-2)', 'text-anchor': 'middle', class: 'tick', 'data-ruler': k };
  for (const { x, text } of placeTicks(ruler.ticks, axis, undefined, narrow ? 64 : undefined)) {
    out.push(line(x, y, x, y + 4, { stroke: 'var(--control)' }));
    out.push(words(x, y + 16, text, { ...tick, 'data-x': x }));
  }
  if (narrow) return [...out, words(2, y + 16, ruler.short, { fill: 'var(--ink-3)' })].join('');
  const name = axis.look === 'wide' ? ruler.label : ruler.short,
    reading = { 'font-size': 12, 'font-weight': 600, fill: 'var(--ink)', 'text-anchor': 'end', class: 'reading' };
  out.push(words(12, y + 16, name, { 'font-size': 12, fill: 'var(--ink-2)' }));
  out.push(words(axis.gutter - 10, y + 16, '', { ...reading, 'data-ruler': k }));
  return out.join('');
}

/** What each ruler says at a level: of a step by its own numbers, anywhere else from the dense table.
 * @param {object} told @param {number} sigma
 * @param {Record<string, (number | null)[]> | null} read @param {number} step */
export function readings(told, sigma, read, step) {
  return told.rulers.map(({ name, values }) => {
    if (name === 'sigma') return sigma;
    if (read && step != null) return read[name][step];
    return sigma > 0 && Number.isFinite(sigma) ? readAt(told.logs, values, sigma) : null;
  });
}

/** Show the cursor at pixel x on a drawing of the rulers.
 * @param {SVGSVGElement} svg @param {number} x @param {string[]} said @param {number} sigma
 * @param {ReturnType<import('./scale.js').axisOf>} axis */
export function showCursor(svg, x, said, sigma, axis) {
  const step = stepOf(axis),
    wide = axis.look === 'narrow' ? 64 : 58,
    pill = Math.min(Math.max(x, axis.gutter + wide / 2), axis.end - wide / 2);
  for (const { style, dataset } of svg.querySelectorAll('.tick')) {
    const hidden = dataset.ruler === '0' && Math.abs(dataset.x - pill) < UNDER;
    style.opacity = hidden ? 0 : Math.abs(dataset.x - x) < NEAR ? 0.35 : '';
  }
  for (const reading of svg.querySelectorAll('.reading')) reading.textContent = said[reading.dataset.ruler];
  const bead = { cx: x, r: 3, fill: 'var(--surface)', stroke: 'var(--ink)', 'stroke-width': 1.5 },
    value = { 'font-weight': 600, fill: 'var(--surface)', 'text-anchor': 'middle', ...on('var(--ink)') };
  svg.querySelector('.cursor').innerHTML = [
    line(x, 0, x, (said.length - 1) * step + 2, { stroke: 'var(--ink)' }),
    ...said.map((_, k) => tag('circle', { ...bead, cy: k * step + 1.5 })),
    rect(pill - wide / 2, 5, wide, 17, { rx: 8.5, fill: 'var(--ink)' }),
    words(pill, 17.5, `σ ${number(sigma)}`, value),
  ].join('');
}
