// Words and lines of SVG as text, and a drawing as a file of its own.

import { fileName } from '../save.js';

/** @param {any} text */
export const escaped = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

const value = (v) => (typeof v === 'number' ? String(+v.toFixed(2)) : escaped(v));

/** An element as text; attributes that are null are left out.
 * @param {string} name @param {Record<string, any>} attributes @param {string} [inner] */
export const tag = (name, attributes, inner = '') =>
  `<${name}${Object.entries(attributes)
    .filter(([, v]) => v != null)
    .map(([k, v]) => ` ${k}="${value(v)}"`)
    .join('')}>${inner}</${name}>`;

/** @param {number} x @param {number} y @param {any} text @param {Record<string, any>} [more] */
export const words = (x, y, text, more = {}) => tag('text', { x, y, 'font-size': 11, ...more }, escaped(text));

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {Record<string, any>} more */
export const line = (x1, y1, x2, y2, more) => tag('line', { x1, y1, x2, y2, ...more });

/** @param {number} x @param {number} y @param {number} w @param {number} h @param {Record<string, any>} more */
export const rect = (x, y, w, h, more) => tag('rect', { x, y, width: Math.max(0, w), height: Math.max(0, h), ...more });

/** @param {string} d @param {Record<string, any>} more */
export const path = (d, more) => tag('path', { d, fill: 'none', ...more });

/** Words that lie on lines: a rim of the ground around them. */
export const RIM = { style: 'paint-order:stroke;stroke:var(--surface);stroke-width:4px' };

/** What words lie on, for whoever asks how well they can be read: a shape drawn before them.
 * @param {string} colour */
export const on = (colour) => ({ style: `background-color:${colour}` });

/** Drawings above each other as one file, in the colours on show.
 * @param {SVGSVGElement[]} parts @param {string} title */
export function saveDrawing(parts, title) {
  const style = getComputedStyle(document.documentElement),
    colour = (name) => style.getPropertyValue(`--${name}`).trim() || 'none',
    width = parts[0].width.baseVal.value;
  let y = 0;
  const inner = parts.map((part) => {
    const at = y;
    y += part.height.baseVal.value;
    return tag('g', { transform: `translate(0 ${at})` }, part.innerHTML);
  });
  const body = inner.join('').replace(/var\(--([\w-]+)\)/g, (_, name) => colour(name)),
    ground = rect(0, 0, width, y, { fill: colour('surface') }),
    font = style.getPropertyValue('--font').trim().replaceAll('"', "'");
  const sheet = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height: y,
    viewBox: `0 0 ${width} ${y}`,
    'font-family': font,
  };
  const text = tag('svg', sheet, tag('title', {}, escaped(title)) + ground + body);
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' })),
    download: `${fileName(title)}.svg`,
  });
  link.click();
  URL.revokeObjectURL(link.href);
}
