// HTML over the drawings: the strips' heads, readings at the cursor, beads, and why one is empty.

import { $, $$, highest, interp, lowest, stepAt } from '../state.js';
import { T, themed } from '../theme.js';
import { BOTTOM, G, HEAD } from './layout.js';
import { chosen, isFew, middle } from './strips.js';
import { WRITTEN, cell } from './written.js';
import { ofStrip } from '../words/word.js';

/** The sign of a help button. */
export const INFO = '<svg viewBox="0 0 14 14"><circle cx="7" cy="7" r="5.6"/><path d="M7 6.4v3.2M7 4.3v.1"/></svg>';

function menu(strip) {
  const { key, options } = strip.choice,
    now = chosen(strip);
  const rows = options.map(([v, text]) => `<option value="${v}"${v === now ? ' selected' : ''}>${text}</option>`);
  const label = `aria-label="${strip.title}: what to show"`;
  return `<select class="plain" data-field="${key}" ${label}>${rows.join('')}</select>`;
}

// Where there is room for one strip of the data, its title is the choice among them.
function titleOf(strip) {
  if (!isFew() || strip.layer !== 'data') return `<b>${ofStrip(strip)}</b>`;
  const rows = middle().map(({ name, title }) => {
    const now = name === strip.name ? ' selected' : '';
    return `<option value="${name}"${now}>${title}</option>`;
  });
  return `<select class="plain title" data-middle aria-label="Which strip of the data">${rows.join('')}</select>`;
}

// Of a slow network: how a strip is cut down, and the offer to measure it without a limit of time.
function fully({ part, fully, said }) {
  if (!fully) return '';
  const how = `class="reset fully" type="button" data-full="${part}" title="${fully}"`;
  return `<span class="said">${said}</span><button ${how}>Measure fully</button>`;
}

let headed = '';
export function drawHeads() {
  const key = JSON.stringify([
    G.all.map((s) => [s.name, s.title, s.hint, chosen(s), s.main?.colour, s.layer, s.fully, s.said]),
    G.rows,
    G.h,
    isFew(),
    G.x0,
    G.x1,
    T.dark,
  ]);
  if (key === headed) return;
  headed = key;
  const over = $('#spine-over');
  $$('.strip-head, .bead', over).forEach((n) => n.remove());
  G.all.forEach((strip, i) => {
    over.append(headOf(strip, G.rows[i].head + 3));
    const bead = document.createElement('div');
    bead.className = 'bead';
    bead.id = `bead-${strip.name}`;
    over.append(bead);
  });
  const top = G.rows[0].top,
    bottom = G.h - BOTTOM;
  Object.assign($('#hop').style, { top: `${top}px`, height: `${bottom - top}px` });
  for (const id of ['line', 'peek'])
    Object.assign($(`#${id}`).style, { top: `${HEAD}px`, height: `${bottom - HEAD}px` });
  const across = { left: `${G.x0}px`, width: `${G.x1 - G.x0}px` };
  Object.assign($('#hit').style, { ...across, top: `${top}px`, height: `${bottom - top}px` });
  for (const [canvas, layer] of [
    ['#fig-still', 'data'],
    ['#fig-live', 'run'],
  ]) {
    const titles = G.all.filter((s) => s.layer === layer).map((s) => s.title);
    $(canvas).setAttribute('aria-label', `${titles.join(', ')} over the noise level`);
  }
}

function headOf(strip, top) {
  const head = document.createElement('div');
  head.className = 'strip-head';
  head.style.top = `${top}px`;
  const hint = `<span class="whole"><span class="hint">${strip.hint}</span></span>`,
    words = strip.choice ? menu(strip) : strip.fully ? '' : hint;
  head.innerHTML =
    `${titleOf(strip)}${words}${fully(strip)}<output id="read-${strip.name}"></output>` +
    `<button class="i" data-strip="${strip.name}" aria-expanded="false" ` +
    `aria-label="About the strip ${strip.title}">${INFO}</button>`;
  return head;
}

export function drawEmpty() {
  const over = $('#spine-over');
  $$('.note', over).forEach((n) => n.remove());
  G.all.forEach((strip, i) => {
    if (!strip.empty) return;
    const note = document.createElement('p');
    note.className = 'note';
    note.style.cssText = `left:${G.x0}px;top:${G.rows[i].top}px`;
    note.textContent = strip.empty;
    if (strip.offer) {
      const button = document.createElement('button');
      button.className = 'reset';
      button.dataset.set = JSON.stringify(strip.offer.set);
      button.textContent = strip.offer.text;
      note.append(' ', button);
    }
    over.append(note);
  });
  const inside = (s) => G.X(Math.max(Math.min(s, G.left), G.right)),
    [from, to] = [inside(highest()), inside(lowest())];
  Object.assign($('#strip').style, { left: `${from}px`, width: `${to - from}px`, top: `${G.h - BOTTOM + 1}px` });
}

// The value of a strip's main curve at σ, or null.
function valueAt({ main, reading }, s) {
  if (!main || (reading?.within && s > main.x[0] * 1.001)) return null;
  return interp(main.x, main.y, s);
}

// What a strip says at σ: its main curve's value, or the numbers of the step that lies there.
function read(strip, s, value) {
  const { reading, columns } = strip;
  if (!reading) return '';
  if (!reading.columns) {
    if (value == null) return '';
    return `${reading.before ?? ''}${WRITTEN[reading.as](value)}${reading.after ?? ''}`;
  }
  const step = stepAt(s),
    cells = reading.columns.map((name) => columns.find((c) => c.name === name)).filter(Boolean);
  if (cells.some((c) => c.values[step] == null)) return '';
  if (cells.some((c) => typeof c.values[step] === 'string')) return reading.last;
  return cells.map((c) => `${c.name} ${cell(c.values[step], c.as)}`).join(', ');
}

/** Readings and beads at σ = s. */
export function paintReadings(s) {
  const px = G.X(s);
  G.all.forEach((strip, i) => {
    const value = valueAt(strip, s),
      words = read(strip, s, value),
      node = $(`#read-${strip.name}`),
      bead = $(`#bead-${strip.name}`);
    if (node && node.textContent !== words) node.textContent = words;
    if (!bead) return;
    const { range, log } = strip.axis,
      off = value == null || px < G.x0 || px > G.x1 || (log && value < range[0]);
    bead.style.visibility = off ? 'hidden' : 'visible';
    if (value == null) return;
    bead.style.transform = `translate(${px}px,${G.rows[i].Y(value)}px)`;
    const colour = themed(strip.main.colour);
    if (bead.dataset.colour !== colour) bead.style.color = bead.dataset.colour = colour;
  });
}
