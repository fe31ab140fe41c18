// The image grid: two settings, the same seeds' samples in every cell, the exact paths' ends as the last column.
// A cell is a link to its view; while Space is held on it, it shows where its exact paths end.

import { gesture } from '../gestures/gesture.js';
import { copy, lines } from '../help.js';
import { escaped } from '../schedules/svg.js';
import { $, $$, S } from '../state.js';
import { drawCell, prepare } from './grid_cells.js';
import { Measured, progress } from './measured.js';
import { offer } from './views.js';

const USUAL = { rows: 'solver:ddim,heun,dpmpp,unipc,ipndm', columns: 'nfe:3,5,7,9,13,19,35' };
// what may be varied where the settings have it: its values to begin with
const VARIED = {
  solver: 'ddim,heun,dpmpp,unipc,ipndm',
  nfe: '3,5,7,9,13,19,35',
  timesteps: 'rho,vp,ve,iddpm,linear',
  'timesteps.rho': '1,3,5,7,10,15',
  'timesteps.sigma_max': '20,40,80,160',
  'timesteps.sigma_min': '0.002,0.01,0.05,0.2',
  s_churn: '0,5,10,20,40',
  s_noise: '0.99,1,1.003,1.007,1.02',
  'solver.order': '1,2,3',
  'solver.alpha': '0.5,0.67,1',
};
let line = null,
  body = null,
  fresh = false, // a link was read, which is measured when its view is there
  axes = { ...USUAL };
const study = new Measured({
  part: 'grid',
  asks: () => asks(),
  request: () => ({ kind: 'grid', values: S.values, rows: axis(axes.rows), columns: axis(axes.columns) }),
  draw: (anew) => anew && draw(),
  refuse: (problem) => line.problem(problem),
  far,
});

const axisForm = (name, label) =>
  `<select id="grid-${name}" aria-label="Setting of the ${label}"></select>` +
  `<input type="text" id="grid-${name}-values" spellcheck="false" aria-label="Values of the ${label}, with commas">`;

function init(given, where) {
  [line, body] = [given, where];
  body.className = 'ab grid-view';
  body.innerHTML =
    `<form class="ab-form"><span>Vary</span>${axisForm('rows', 'rows')}<span>against</span>` +
    `${axisForm('columns', 'columns')}<span class="ab-run">` +
    '<button type="button" class="ghost" id="grid-copy" hidden>Copy table</button>' +
    '<button class="ghost run" id="grid-run">Run</button>' +
    '<button type="button" class="ghost" id="grid-cancel" hidden>Cancel</button></span></form>' +
    progress('grid') +
    '<p class="ab-empty" id="grid-empty"></p>' +
    '<div class="grid-box" tabindex="0" role="region" aria-label="Grid of samples">' +
    '<table id="grid-table"></table></div>' +
    '<p class="grid-rule" id="grid-rule"></p>';
  $('form', body).onsubmit = (e) => {
    e.preventDefault();
    for (const name of ['rows', 'columns'])
      axes[name] = `${$(`#grid-${name}`).value}:${$(`#grid-${name}-values`).value}`;
    press();
  };
  for (const name of ['rows', 'columns'])
    $(`#grid-${name}`).onchange = ({ target: { value } }) => ($(`#grid-${name}-values`).value = VARIED[value]);
  $('#grid-cancel').onclick = study.cancel;
  $('#grid-copy').onclick = (e) => copy(lines(study.shown.exact), e.target);
  const table = $('#grid-table');
  table.onkeydown = keyed;
  table.onkeyup = (e) => e.key === ' ' && flip(e.target.closest('a'), false);
  table.addEventListener('focusout', (e) => flip(e.target.closest('a'), false));
  addEventListener('keydown', (e) => e.key === ' ' && hovered() && keyed(e, hovered()));
  addEventListener('keyup', (e) => e.key === ' ' && hovered() && flip(hovered(), false));
}

// The cell under the pointer, where nothing else has the focus.
const hovered = () => (document.activeElement === document.body && body.isConnected ? $('a:hover', body) : null);

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
function keyed(e, cell = e.target.closest('a')) {
  if (!cell) return;
  if (e.key === ' ') {
    e.preventDefault();
    flip(cell, true);
  }
  const move = MOVES[e.key];
  if (!move) return;
  const [r, c] = cell.dataset.at.split(',').map((v, i) => +v + move[i]),
    next = $(`a[data-at="${r},${c}"]`, body);
  e.preventDefault();
  next?.focus();
}

// A cell as its samples, or as where their exact paths end.
function flip(cell, exact) {
  const { shown } = study;
  if (!cell || !shown || cell.dataset.exact === String(exact)) return;
  cell.dataset.exact = String(exact);
  const at = cell.dataset.at,
    spot = shown.grid.cells.find((s) => s.at.join() === at);
  drawCell($('canvas', cell), prepare(shown.grid, body), spot, exact ? shown.grid.true[spot.at[0]] : null);
}

// ---- asking ---------------------------------------------------------------------------------------

const asks = () => JSON.stringify([S.query, axes]);
const axis = (text) => {
  const at = text.indexOf(':');
  return { key: text.slice(0, at), values: text.slice(at + 1) };
};

function press() {
  gesture();
  begin();
}

function begin() {
  line.address();
  study.begin();
}

function far(words, part) {
  $('#grid-progress progress').value = part;
  $('#grid-progress span').textContent = words;
}

// ---- drawing --------------------------------------------------------------------------------------

const NAMES = { solver: 'solver', timesteps: 'time steps', nfe: 'NFE', s_churn: 'S_churn', s_noise: 'S_noise' };
const nameOf = (key) =>
  NAMES[key] ?? $(`[data-key="${key}"] label`)?.textContent.trim() ?? key.slice(key.indexOf('.') + 1);

let offered = '';
function drawForm() {
  const keys = Object.keys(VARIED).filter((key) => key in S.values),
    now = JSON.stringify([keys, axes]);
  if (now === offered) return;
  offered = now;
  for (const name of ['rows', 'columns']) {
    const { key, values } = axis(axes[name]),
      all = keys.includes(key) ? keys : [...keys, key];
    $(`#grid-${name}`).replaceChildren(...all.map((k) => new Option(nameOf(k), k, false, k === key)));
    $(`#grid-${name}-values`).value = values;
  }
}

function draw() {
  drawForm();
  const { shown, busy } = study,
    old = study.old && !busy;
  $('#grid-run').hidden = busy;
  $('#grid-progress').hidden = !busy;
  $('#grid-cancel').hidden = !busy;
  $('#grid-copy').hidden = !shown?.exact;
  $('.grid-box', body).hidden = !shown;
  $('.grid-box', body).classList.toggle('old', old);
  $('#compare-title').textContent = shown?.title ?? 'The same seeds over two settings';
  $('#compare-note').textContent =
    shown?.note ?? 'Each cell shows the same samples; the last column where exact paths end.';
  const words = old ? 'Measured before the settings changed: Run measures again.' : shown || !busy ? '' : 'Measuring …';
  $('#grid-empty').textContent = words;
  $('#grid-empty').hidden = !words;
  $('#grid-rule').textContent = shown ? ruleOf(shown.grid) : '';
  if (shown && body.clientWidth) drawTable(shown.grid);
}

const RIM = { plane: 'At the rim of a cell lies what ended beyond it.' };
const ruleOf = ({ kind, rule }) =>
  [
    kind === 'image' ? 'A red corner marks' : 'Red marks',
    rule.replace(/^./, (c) => c.toLowerCase()),
    RIM[kind] ?? '',
    'Press a cell to open it; hold Space on it for where its exact paths end.',
  ].join(' ');

function cellHtml(spot, r, c, row, column) {
  if (!spot) return `<td class="left"><span>…</span></td>`;
  if (spot.why) return `<td class="none" title="${escaped(spot.why)}"><span>${escaped(spot.why)}</span></td>`;
  const cost = spot.passes == null ? '' : `, ${spot.passes} passes`,
    told = [`NFE ${spot.nfe}${cost}`, spot.interval && `median ${spot.label} (${spot.interval})`, spot.note].filter(
      Boolean,
    ),
    label = `${row}, ${column}: ${told.join(', ')}; ${spot.astray.length} of ${spot.count} elsewhere`;
  const address = `href="?${escaped(spot.query)}" data-at="${r},${c}"`,
    said = `aria-label="${escaped(label)}" title="${escaped(told.join(', '))}"`,
    below = `<span class="${spot.wrong ? 'wrong' : ''}">${escaped(spot.label || '–')}</span>`;
  return `<td><a ${address} ${said}><canvas></canvas>${below}</a></td>`;
}

const exactHtml = (known, row) =>
  `<td class="exact">${known ? `<canvas role="img" aria-label="Exact path, ${escaped(row)}"></canvas>` : ''}</td>`;

function drawTable(grid) {
  const { rows, columns, cells } = grid,
    at = new Map(cells.map((spot) => [spot.at.join(), spot])),
    focused = document.activeElement?.dataset?.at,
    table = $('#grid-table');
  const apart = grid.true.some((t) => t?.apart) ? 'exact path of the last column' : 'exact path';
  table.innerHTML =
    `<thead><tr><td></td>${columns.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')}` +
    `<th scope="col">${apart}</th></tr></thead><tbody>` +
    rows
      .map(
        (row, r) =>
          `<tr><th scope="row">${escaped(row)}</th>` +
          columns.map((column, c) => cellHtml(at.get(`${r},${c}`), r, c, row, column)).join('') +
          `${exactHtml(grid.true[r], row)}</tr>`,
      )
      .join('') +
    '</tbody>';
  const how = prepare(grid, body);
  for (const cell of $$('a', table)) drawCell($('canvas', cell), how, at.get(cell.dataset.at), null);
  $$('tbody tr', table).forEach((tr, r) => grid.true[r] && drawCell($('.exact canvas', tr), how, null, grid.true[r]));
  if (focused) $(`a[data-at="${focused}"]`, table)?.focus({ preventScroll: true });
}

function open() {
  const known = !study.busy && study.back();
  draw();
  if (!known && (fresh || !(study.busy || study.shown)) && S.values.model !== 'network') begin();
  fresh = false;
}

offer({
  name: 'grid',
  label: 'Image grid',
  title: 'The same seeds’ samples over two settings',
  keys: ['rows', 'columns'],
  init,
  open,
  draw,
  read(params) {
    fresh = true;
    for (const name of ['rows', 'columns']) {
      const text = params.get(name) ?? '';
      axes[name] = /^[\w.]{1,40}:./.test(text) ? text.slice(0, 400) : USUAL[name];
    }
  },
  write(params) {
    for (const name of ['rows', 'columns']) if (axes[name] !== USUAL[name]) params.set(name, axes[name]);
  },
  study: () => ({ result: study.shown, kind: 'grid', old: study.old }),
  keep: () => ({ ...axes }),
  back(kept) {
    axes = kept ? { ...kept } : { ...USUAL };
    study.back();
    draw();
  },
});
