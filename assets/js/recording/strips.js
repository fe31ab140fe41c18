// The strips of a recording: the spine's own drawings, over the levels that were run.

import { $, interp } from '../state.js';
import { T, themed } from '../theme.js';
import { open } from '../draw/canvas.js';
import { curveOf, write } from '../draw/marks.js';
import { sigmaScale, valueScale } from '../draw/scale.js';
import { SVG } from '../draw/svg.js';
import { fileName } from '../save.js';
import { showPop } from '../help.js';
import { drawAxis, drawLayer, widthOf } from '../strips/draw.js';
import { INFO } from '../strips/heads.js';
import { BOTTOM, HEAD } from '../strips/layout.js';
import { WRITTEN } from '../strips/written.js';

const LEFT = 44,
  RIGHT = 10,
  BEFORE = 1.2, // the axis beyond the levels, where the last step goes to 0
  BEHIND = 2,
  NOTHING = { marks: [], over: [], axis: { range: [0, 1], log: false, ticks: [] } };
const chosen = {}; // strip -> the choice on show
let G = null,
  at = null; // σ of the cursor

const choiceOf = ({ name, options }) => (options.length ? (chosen[name] ?? options[0][0]) : '');

function shown(strip) {
  const drawn = strip.drawn[choiceOf(strip)] ?? strip.drawn[''],
    all = { ...NOTHING, ...strip, ...drawn, hint: drawn.hint ?? strip.hint, layer: 'data' };
  const named = all.marks.filter((mark) => mark.label);
  named.sort((a, b) => Boolean(b.main) - Boolean(a.main));
  all.curves = named.map((mark) => ({ ...curveOf(mark), label: mark.label }));
  all.main = all.marks.find((mark) => mark.main);
  return all;
}

function measure({ strips, range }, { w, h, ratio }) {
  const all = strips.map(shown),
    [high, low] = range ?? [80, 0.002],
    [left, right] = [high * BEFORE, low / BEHIND];
  const body = h - BOTTOM - HEAD * all.length,
    total = all.reduce((sum, s) => sum + s.height, 0);
  let y = 0;
  const rows = all.map((strip) => {
    const top = y + HEAD;
    y = top + (body * strip.height) / total;
    return { head: top - HEAD, top, bottom: y, Y: valueScale(strip.axis, top, y) };
  });
  const [x0, x1] = [LEFT, w - RIGHT];
  return { w, h, ratio, rows, x0, x1, left, right, all, middle: w < 500, ...sigmaScale(left, right, x0, x1) };
}

const element = (tag, fields) => Object.assign(document.createElement(tag), fields);

function head(strip, row, redraw) {
  const box = element('div', { className: 'strip-head' });
  box.style.top = `${row.head + 3}px`;
  box.append(element('b', { textContent: strip.title }));
  if (strip.options.length) {
    const menu = element('select', { className: 'plain' });
    menu.setAttribute('aria-label', `${strip.title}: what to show`);
    for (const [value, text] of strip.options) menu.append(element('option', { value, textContent: text }));
    menu.value = choiceOf(strip);
    menu.onchange = () => {
      chosen[strip.name] = menu.value;
      redraw();
    };
    box.append(menu);
  } else box.append(element('span', { className: 'hint', innerHTML: strip.hint }));
  box.append(element('output', { id: `rec-read-${strip.name}` }));
  const about = element('button', { className: 'i', innerHTML: INFO });
  about.setAttribute('aria-label', `About the strip ${strip.title}`);
  about.setAttribute('aria-expanded', 'false');
  const { what, formula, source } = strip.help;
  about.onclick = () =>
    showPop(
      about,
      `<h3>${strip.title}</h3><p>${what}</p><div class="formula">${formula}</div><p class="src">${source}</p>`,
    );
  box.append(about);
  return box;
}

/** Draws them.  told: the server's answer.
 * @param {{strips: object[], range: number[] | null}} told */
export function drawStrips(told) {
  const canvas = $('#rec-strips'),
    over = $('#rec-over');
  G = measure(told, { w: canvas.clientWidth, h: canvas.clientHeight, ratio: devicePixelRatio || 1 });
  if (G.w < 50) return;
  const c = open(canvas, G);
  drawLayer(c, G, 'data');
  drawAxis(c, G);
  over.replaceChildren(...G.all.map((strip, i) => head(strip, G.rows[i], () => drawStrips(told))));
  G.all.forEach((strip, i) => {
    if (!strip.empty) return;
    const note = element('p', { className: 'note', textContent: strip.empty });
    note.style.cssText = `left:${G.x0}px;top:${G.rows[i].top}px`;
    over.append(note);
  });
  over.append(element('i', { className: 'rec-line' }));
  canvas.setAttribute('aria-label', `${G.all.map((s) => s.title).join(', ')} of the recorded run over the noise level`);
  readStrips(at);
}

/** The cursor at σ, and what the strips say there.
 * @param {number | null} sigma */
export function readStrips(sigma) {
  at = sigma;
  const line = $('.rec-line');
  if (!G || !line) return;
  const x = sigma > 0 && Number.isFinite(sigma) ? G.X(sigma) : -1,
    inside = x >= G.x0 && x <= G.x1;
  line.style.cssText = inside
    ? `transform:translateX(${x}px);top:${HEAD}px;height:${G.h - BOTTOM - HEAD}px`
    : 'display:none';
  for (const { name, main, reading } of G.all) {
    const within = inside && main?.x.length && sigma <= main.x[0] * 1.001 && sigma >= main.x.at(-1) / 1.001,
      value = within && reading && !reading.columns ? interp(main.x, main.y, sigma) : null;
    const words = value == null ? '' : `${reading.before ?? ''}${WRITTEN[reading.as](value)}${reading.after ?? ''}`;
    $(`#rec-read-${name}`).textContent = words;
  }
}

/** What is chosen of the strips, by name. */
export const choices = () => ({ ...chosen });

/** σ under the pointer. @param {PointerEvent} e */
export const sigmaAt = (e) => G.inverse(e.clientX - $('#rec-strips').getBoundingClientRect().left);

/** The strips as an SVG file. @param {string} title */
export function saveStrips(title) {
  const c = new SVG(G.w, G.h);
  c.fillStyle = T.surface;
  c.fillRect(0, 0, G.w, G.h);
  drawLayer(c, G, 'data');
  drawAxis(c, G);
  G.all.forEach((strip, i) => {
    const y = G.rows[i].head + 14;
    write(c, strip.title, 0, y, { bold: true, size: 12, colour: T.ink });
    const hint = strip.hint.replace(/<[^>]*>/g, '');
    write(c, hint, 8 + widthOf(strip.title, true, 12), y, { size: 12, colour: themed(T.ink3) });
    if (strip.empty) write(c, strip.empty, G.x0, G.rows[i].top + 8, { size: 12 });
  });
  const file = new Blob([String(c)], { type: 'image/svg+xml' }),
    link = element('a', { href: URL.createObjectURL(file), download: `${fileName(title)}.svg` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
