// What a strip shows, its formula and source, and its numbers as a table that can be copied.

import { $, S, interp } from './state.js';
import { themed } from './theme.js';
import { place } from './words/place.js';
import { chosen } from './strips/strips.js';
import { WRITTEN, cell } from './strips/written.js';

/** Column name -> cells, at the noise levels of the run: the strip's own columns, and its named curves.
 * @param {object} strip @param {boolean} [exact] all digits that there are, to copy, instead of as it is read */
export function columnsOf(strip, exact = false) {
  const levels = S.parts.run.sigma.filter((s) => s > 0),
    columns = strip.columns.map(({ name, values, as }) => [name, values, as]);
  const curves = strip.curves
    .filter(({ label }) => label.text)
    .map(({ x, y, label }) => [label.column ?? label.text.split(',')[0], levels.map((s) => interp(x, y, s)), 'short']);
  if (!columns.length && curves.length) columns.push(['σ', levels, 'number']);
  const written = [...columns, ...curves].map(([name, values, as]) => [
    name,
    levels.map((_, i) => (exact ? (values[i] ?? '') : cell(values[i], as))),
  ]);
  return Object.fromEntries(written);
}

function sheet(head, rows) {
  const line = (cells, tag) => `<tr>${cells.map((text) => `<${tag}>${text}</${tag.slice(0, 2)}>`).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('');
  const heads = line(head, 'th scope="col"');
  const table = `<table class="numbers"><thead>${heads}</thead><tbody>${body}</tbody></table>`;
  return `<div class="tabled" tabindex="0" role="region" aria-label="Numbers">${table}</div>`;
}

function table(columns) {
  const names = Object.keys(columns);
  if (names.length < 2) return '';
  const rows = columns[names[0]].map((_, r) => names.map((name) => columns[name][r]));
  return (
    `<details open><summary>Numbers</summary>${sheet(names, rows)}` +
    '<p class="tools"><button class="reset" data-copy="table" title="As the page has it: four digits or more">' +
    'Copy table, as drawn</button> ' +
    '<button class="reset" data-csv title="The settled numbers, as a file">CSV, all digits</button></p></details>'
  );
}

// ---- what a strip tells beside its numbers --------------------------------------------------------

const ABOUT = {
  text: ({ html }) => `<p class="src">${html}</p>`,
  table: ({ head, rows }) => sheet(head, rows),
  profile: ({ curves }) => profile(curves),
  copies: () => '',
  open: ({ label, query }) => `<p class="tools"><a class="reset" href="?${query}">${label}</a></p>`,
};

// Some quantities against the step number, each on its own log scale.
function profile(curves) {
  const w = 312,
    h = 84;
  const drawn = curves.map(({ values, colour }) => {
    const logs = values.map((u) => Math.log(Math.max(u, 1e-12))),
      [low, high] = [Math.min(...logs), Math.max(...logs)],
      ink = themed(colour);
    const points = logs.map((u, k) => [
      (6 + ((w - 12) * k) / Math.max(logs.length - 1, 1)).toFixed(1),
      (6 + ((h - 12) * (high - u)) / Math.max(high - low, 1e-9)).toFixed(1),
    ]);
    return (
      `<polyline fill="none" stroke="${ink}" stroke-width="1.5" points="${points.join(' ')}"/>` +
      points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="1.8" fill="${ink}"/>`).join('')
    );
  });
  const spoken = [...curves].reverse();
  const names = spoken.map(({ name, colour }) => `<b style="color:${themed(colour)}">${name}<sub>i</sub></b>`),
    ends = spoken.map(({ name, values, as }) => `${name} ${WRITTEN[as](values[0])} … ${WRITTEN[as](values.at(-1))}`),
    label = `${spoken.map(({ name }) => name).join(' and ')} against the step number, log scales`;
  return (
    `<svg class="profile" viewBox="0 0 ${w} ${h}" role="img" aria-label="${label}">${drawn.join('')}</svg>` +
    `<p class="src">${names.join(' and ')} against i, each on its own log scale: ${ends.join(', ')}</p>`
  );
}

// ---- the box --------------------------------------------------------------------------------------

/** What a strip shows, its formula and source; the view has its own of some. */
export const textOf = (strip) => ({ ...(strip.help[chosen(strip)] ?? strip.help['']), ...strip.told });

// Made by the server, for what is drawn here is rounded; loaded by then, since the page's menu asks for it too.
async function leaves(of, button) {
  const { save } = await import('./leave/ask.js'),
    why = await save('csv', 'csv', { of });
  if (why) button.textContent = why;
}

/** The help of a strip as it is shown, at the button that asks for it. */
export function showHelp(button, strip) {
  const text = textOf(strip),
    columns = columnsOf(strip),
    names = Object.keys(columns),
    copies = Object.assign({}, ...strip.about.filter(({ kind }) => kind === 'copies').map(({ texts }) => texts));
  const pop = showPop(
    button,
    `<h3>${strip.title}</h3><p>${text.what}</p><div class="formula">${text.formula}</div>` +
      `<p class="src">${text.source}</p>` +
      `<p class="src"><a href="${strip.page}" target="_blank" rel="noopener">Its mathematics and code</a></p>` +
      strip.about.map((block) => ABOUT[block.kind](block)).join('') +
      table(columns) +
      copyButtons(Object.keys(copies)),
    { table: names.length > 1 || strip.about.some(({ kind }) => kind === 'table') },
  );
  for (const part of pop.querySelectorAll('[data-csv]')) part.onclick = () => leaves(strip.name, part);
  for (const part of pop.querySelectorAll('[data-copy]'))
    part.onclick = () => {
      const exact = Object.values(columnsOf(strip, true));
      const rows = exact[0]?.map((_, r) => exact.map((column) => column[r]));
      copy(copies[part.dataset.copy] ?? lines({ columns: names, rows }), part);
    };
}

/** A table for a spreadsheet: tabs between cells, all digits.
 * @param {{columns: string[], rows: any[][]}} table */
export const lines = ({ columns, rows }) =>
  [columns, ...rows].map((row) => row.map((v) => v ?? '').join('\t')).join('\n');

function copyButtons(tools) {
  const buttons = tools.map((tool) => `<button class="reset" data-copy="${tool}">${tool}</button>`);
  return buttons.length ? `<p class="tools">Copy for ${buttons.join(' ')}</p>` : '';
}

/** Anything at a button, to be read and closed; returns the box.  The focus goes into it, and back to the button when
 * it closes.  table: it holds one and is as wide as that; first: what has the focus of it, else what closes it. */
export function showPop(button, html, { wide = true, table = false, first = '[data-close]' } = {}) {
  const pop = $('#pop');
  if (pop.matches(':popover-open')) pop.hidePopover();
  pop.classList.toggle('wide', wide && !table);
  pop.classList.toggle('holds-table', table);
  pop.innerHTML = `<button class="close" aria-label="Close" data-close>×</button>${html}`;
  pop.setAttribute('aria-label', $('h3', pop)?.textContent ?? '');
  pop.onclick = (e) => {
    if (e.target.closest('[data-close]')) pop.hidePopover();
  };
  pop.ontoggle = (e) => e.newState === 'closed' && closed(button, pop);
  pop.showPopover();
  button.setAttribute('aria-expanded', 'true');
  place(pop, button);
  $(first, pop)?.focus({ preventScroll: true });
  return pop;
}

// A head may have been drawn anew meanwhile: then its button is another one of the same name.
function closed(button, pop) {
  const now = button.isConnected ? button : $(`button.i[data-strip="${button.dataset.strip}"]`);
  now?.setAttribute('aria-expanded', 'false');
  if (pop.contains(document.activeElement) || document.activeElement === document.body) now?.focus();
}

/** Clipboard with a fallback for pages served without https. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement('textarea'), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

/** The same, and a button says so for a moment. @param {string} text @param {Element} button */
export async function copy(text, button) {
  await copyText(text);
  const label = button.querySelector('.txt') ?? button,
    before = label.textContent;
  if (before === 'Copied') return;
  label.textContent = 'Copied';
  setTimeout(() => {
    label.textContent = before;
  }, 1200);
}
