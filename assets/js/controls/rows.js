// The flat form written into the rows of the panel: values, choices, what is greyed and why.

import { $, $$, S } from '../state.js';
import { idle, writeCurve } from './guidance.js';
import { className, fillNetworks, unread } from './networks.js';
import { position, show, speak } from './sliders.js';
import { drawMarks } from '../standing/fields.js';
import { write } from '../written.js';
import { basisOf, config, optionOf, slotOf, specOf } from './spec.js';

// Write the flat form into the rows, and show the rows of the chosen entries only.
export function writeControls() {
  fillNetworks();
  for (const row of $$('[data-key]')) {
    const { key } = row.dataset,
      slot = slotOf(key);
    if (row.dataset.entry) row.hidden = S.values[slot] !== row.dataset.entry || unread(key) || idle(key, basisOf(key));
    if (!(key in S.values)) continue;
    writeRow(row, S.values[key]);
  }
  for (const select of $$('[data-slot-select]')) {
    const slot = select.dataset.slotSelect;
    if (select.matches('select')) select.value = optionOf(slot, S.values);
    else
      $$('input', select).forEach((i) => {
        i.checked = i.value === S.values[slot];
      });
  }
  $('#design').value = S.design;
  marks();
  drawMarks();
  // a setting behind “More” that departs from its default must not hide
  for (const button of $$('.more')) {
    const rows = $$('[data-key]', document.getElementById(button.getAttribute('aria-controls')));
    const departs = rows.some(
      ({ dataset: { key, entry } }) =>
        (!entry || S.values[slotOf(key)] === entry) &&
        key in S.values &&
        JSON.stringify(basisOf(key)) !== JSON.stringify(S.values[key]),
    );
    if (departs && !button.dataset.touched) open(button, true);
    if (departs) button.dataset.touched = '1';
  }
}

/** The row of a setting, or of the menu that chooses it; null where there is none. @param {string} key */
export function rowOf(key) {
  const own = CSS.escape(key);
  const row = $$(`[data-key="${own}"]`).find((r) => !r.hidden);
  return row ?? $(`[data-slot-select="${own}"]`)?.closest('.row') ?? null;
}

/** What folds a node away is opened; returns what closes it again. @param {Element} node */
export function unfold(node) {
  const group = node.closest('details.group'),
    more = node.closest('[id^="more-"]'),
    undo = [];
  if (group && !group.open) {
    group.open = true;
    undo.push(() => (group.open = false));
  }
  if (more?.hidden) {
    const button = $(`[aria-controls="${more.id}"]`);
    open(button, true);
    undo.push(() => open(button, false));
  }
  return undo;
}

export function open(button, on) {
  button.setAttribute('aria-expanded', String(on));
  button.textContent = on ? 'Less' : 'More';
  document.getElementById(button.getAttribute('aria-controls')).hidden = !on;
}

// The predictors of the open model that belong to this solver; one that is named by a link and is
// not among them stays, and the server says what is wrong with it.
function writePredictors(row, value) {
  const own = S.predictors.filter((p) => p.solver === row.dataset.entry);
  if (value && !own.some((p) => p.name === value)) own.push({ name: value, label: value });
  const options = [
    ['', own.length ? 'none: as set below' : 'none yet: see AMED'],
    ...own.map((p) => [p.name, p.label]),
  ];
  $('select', row).replaceChildren(...options.map(([v, t]) => new Option(t, v)));
  $('select', row).value = value;
}

// The classes of the data on show; one that is named by a link and is not among them stays, and the
// server says what is wrong with it.
function writeClasses(row, value) {
  const classes = S.parts.data?.classes ?? 0,
    names = S.parts.data?.names,
    none = Boolean(S.parts.data) && !classes,
    shown = [-1, ...Array(classes).keys()],
    select = $('select', row);
  if (!shown.includes(value)) shown.push(value);
  const options = shown.map((k) => [k < 0 ? 'all' : className(names, k), k]),
    written = JSON.stringify(options);
  if (select.dataset.written !== written) select.replaceChildren(...options.map(([t, k]) => new Option(t, k)));
  select.dataset.written = written;
  select.value = String(value);
  select.disabled = none && value < 0;
  row.classList.toggle('off', none);
  row.title = none ? 'these data have no classes' : specOf(row.dataset.key).help;
}

const inside = new WeakMap(); // what a row is made of, which stays
function partsOf(row) {
  if (!inside.has(row)) inside.set(row, [$('input[type=range]', row), $('input[type=text]', row), $('select', row)]);
  return inside.get(row);
}

function writeRow(row, value) {
  if (row.dataset.key === 'solver.predictor') return writePredictors(row, value);
  if (row.dataset.key === 'model.curve') return row.hidden || writeCurve(row);
  if (row.dataset.key === 'model.condition' && row.dataset.entry !== 'network') return writeClasses(row, value);
  const p = specOf(row.dataset.key),
    [range, number, select] = partsOf(row);
  if (range && document.activeElement !== range) range.value = position(p, value);
  if (range) speak(range, p, value);
  if (number && document.activeElement !== number) show(number, value);
  if (select) select.value = String(value);
}

// Reset buttons, greyed rows and their reasons, rows that belong to one choice.
export function marks() {
  markResets();
  greyChurn();
  greySchedule();
  greyTaught();
  markTyped();
  const { needs } = config.entries.data[S.values.data];
  $('#upload-row').hidden = $('#size-row').hidden = needs !== 'file';
  $('#file-read').hidden = needs !== 'file' || !$('#file-read').textContent;
  $('#draw-row').hidden = needs !== 'drawing';
}

function markResets() {
  for (const group of $$('.group[data-keys]')) {
    const keys = group.dataset.keys.split(' '),
      button = $('.reset[data-group]', group);
    if (!button) continue;
    const changed = Object.entries(S.values).some(
      ([k, v]) => keys.includes(k.split('.')[0]) && JSON.stringify(basisOf(k)) !== JSON.stringify(v),
    );
    button.disabled = !changed;
  }
}

function greyChurn() {
  const off = !(S.values.s_churn > 0);
  for (const key of ['s_tmin', 's_tmax', 's_noise']) grey(key, off, 'S_churn is 0');
  $('#see-churn').disabled = off;
}

function greySchedule() {
  const solver = config.entries.solver[S.values.solver];
  const schedule = $('#frame');
  schedule.classList.toggle('off', !solver.needs_schedule);
  schedule.title = solver.needs_schedule ? '' : `${solver.label} works in σ and ignores σ(t) and s(t)`;
  $$('input', schedule).forEach((i) => {
    i.disabled = !solver.needs_schedule;
  });
  for (const row of $$('[data-key^="schedule."]')) {
    row.classList.toggle('off', !solver.needs_schedule);
    $$('input, select', row).forEach((i) => {
      i.disabled = !solver.needs_schedule;
    });
  }
}

// What a predictor chooses is not typed.
function greyTaught() {
  const taught = Boolean(S.values['solver.predictor']);
  for (const key of ['r', 'c', 'a'])
    for (const row of $$(`[data-key="solver.${key}"]`))
      if (['amed', 'plugin'].includes(row.dataset.entry)) {
        row.classList.toggle('off', taught);
        row.title = taught ? 'the predictor chooses it' : specOf(row.dataset.key).help;
        $$('input', row).forEach((i) => {
          i.disabled = taught;
        });
      }
}

// A typed list of levels sets the number of steps.
function markTyped() {
  grey('nfe', S.values.timesteps === 'custom', 'the typed list sets the number of steps');
  if (S.values.timesteps === 'custom' && S.parts.run) $('[data-key="nfe"] input[type=text]').value = S.parts.run.nfe;
  $('#resample-row').hidden = S.values.timesteps !== 'custom';
  if (S.values.timesteps === 'custom' && document.activeElement !== $('#resample'))
    $('#resample').value = S.values['timesteps.levels']?.length ?? '';
}

function grey(key, off, why) {
  const row = $(`[data-key="${key}"]`);
  row.classList.toggle('off', off);
  row.title = off ? `No effect: ${why}` : specOf(key).help;
  $$('input', row).forEach((i) => {
    i.disabled = off;
  });
}

export function writeWords(words) {
  for (const [id, html] of Object.entries(words)) {
    const node = document.getElementById(`help-${id}`);
    if (node) write(node, html);
  }
}
