// The settings panel.  Every row stands for one key of the flat form; the server has the last word
// on its value.  This module reads rows into a flat dict and writes a flat dict into rows.

import { $, $$, S, change, clamp, set } from '../state.js';
import { showCards } from './cards.js';
import { adoptFirst, fillNetworks } from './networks.js';

let config = null;
const memory = {}; // slot.entry -> its last values, so that switching back keeps them

const specOf = (key) => config.parameters[key];
const slotOf = (key) => (key.includes('.') ? key.split('.')[0] : null);

// ---- sliders: a log one moves in equal factors ----------------------------------------------------

const FLOOR = 0.001,
  CEILING = 1000;
const bounds = (p) => [
  p.log && p.low <= 0 ? FLOOR : p.low,
  p.log ? Math.min(p.high, Math.max(CEILING, p.low)) : p.high,
];

function position(p, value) {
  const [low, high] = bounds(p);
  if (!p.log) return value;
  return value <= 0 ? 0 : 1000 * clamp(Math.log(value / low) / Math.log(high / low), 0, 1);
}
function valueAt(p, position) {
  const [low, high] = bounds(p);
  if (!p.log) return p.integer ? Math.round(position) : +(+position).toPrecision(6);
  if (position <= 0) return p.low;
  const v = low * (high / low) ** (position / 1000);
  return p.integer ? Math.round(v) : +v.toPrecision(v > 1 ? 3 : 2);
}
const text = (v) =>
  Array.isArray(v) ? v.join(', ') : v >= 1e6 ? '∞' : String(typeof v === 'number' ? +v.toPrecision(6) : v);
function fill(range) {
  const part = (range.value - range.min) / (range.max - range.min || 1);
  range.style.setProperty('--p', `${100 * part}%`);
}

// ---- flat <-> rows --------------------------------------------------------------------------------

// The default values of one choice of a slot.
const defaults = (slot, entry) => config.entries[slot][entry].values;

function setSlot(slot, entry) {
  const before = S.values[slot];
  memory[`${slot}.${before}`] = Object.fromEntries(Object.entries(S.values).filter(([k]) => slotOf(k) === slot));
  const own = memory[`${slot}.${entry}`] ?? defaults(slot, entry);
  change({ [slot]: entry, ...own }, (k) => slotOf(k) === slot);
  if (slot === 'model' && entry === 'network') adoptFirst();
}

// Write the flat form into the rows, and show the rows of the chosen entries only.
export function writeControls() {
  fillNetworks();
  for (const row of $$('[data-key]')) {
    const { key } = row.dataset,
      slot = slotOf(key);
    if (row.dataset.entry) row.hidden = S.values[slot] !== row.dataset.entry;
    if (!(key in S.values)) continue;
    writeRow(row, S.values[key]);
  }
  for (const select of $$('[data-slot-select]')) {
    const slot = select.dataset.slotSelect;
    if (select.matches('select')) select.value = S.values[slot];
    else
      $$('input', select).forEach((i) => {
        i.checked = i.value === S.values[slot];
      });
  }
  $('#design').value = S.design;
  marks();
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

// A predictor comes with its levels, first step and ending; without one r, c and a count again.
function usePredictor(name, predicted, write) {
  const found = S.predictors.find((p) => p.name === name);
  if (found) predicted(found.values);
  else write('solver.predictor', '');
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
    none = Boolean(S.parts.data) && !classes,
    shown = [-1, ...Array(classes).keys()],
    select = $('select', row);
  if (!shown.includes(value)) shown.push(value);
  if (select.options.length !== shown.length || select.options[shown.length - 1].value !== String(shown.at(-1)))
    select.replaceChildren(...shown.map((k) => new Option(k < 0 ? 'all' : k, k)));
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
  if (row.dataset.key === 'model.condition' && row.dataset.entry !== 'network') return writeClasses(row, value);
  const p = specOf(row.dataset.key),
    [range, number, select] = partsOf(row);
  if (range && document.activeElement !== range) range.value = position(p, value);
  if (range) fill(range);
  if (number && document.activeElement !== number) number.value = text(value);
  if (select) select.value = String(value);
}

// Reset buttons, greyed rows and their reasons, summaries of folded groups.
function marks() {
  for (const group of $$('.group')) {
    const keys = group.dataset.keys.split(' '),
      button = $('.reset[data-group]', group);
    if (!button) continue;
    const changed = Object.entries(S.values).some(
      ([k, v]) => keys.includes(k.split('.')[0]) && JSON.stringify(basisOf(k)) !== JSON.stringify(v),
    );
    button.disabled = !changed;
  }
  const off = !(S.values.s_churn > 0);
  for (const key of ['s_tmin', 's_tmax', 's_noise']) grey(key, off, 'S_churn is 0');
  $('#see-churn').disabled = off;
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
  grey('nfe', S.values.timesteps === 'custom', 'the typed list sets the number of steps');
  if (S.values.timesteps === 'custom' && S.parts.run) $('[data-key="nfe"] input[type=text]').value = S.parts.run.nfe;
  $('#resample-row').hidden = S.values.timesteps !== 'custom';
  if (S.values.timesteps === 'custom' && document.activeElement !== $('#resample'))
    $('#resample').value = S.values['timesteps.levels']?.length ?? '';
  const { needs } = config.entries.data[S.values.data];
  $('#upload-row').hidden = needs !== 'file';
  $('#draw-row').hidden = needs !== 'drawing';
}

// The default of a key: of the chosen entry where it belongs to a slot.
const basisOf = (key) =>
  slotOf(key) ? config.entries[slotOf(key)][S.values[slotOf(key)]]?.values[key] : config.defaults[key];

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
    if (node) node.innerHTML = html;
  }
}

// ---- wiring ---------------------------------------------------------------------------------------

export function initControls(given, { changed, settled, predicted }) {
  config = given;
  const root = $('.controls');
  const write = (key, value) => {
    change({ [key]: value });
    marks();
    changed();
  };
  root.addEventListener('input', (e) => {
    const row = e.target.closest('[data-key]');
    if (e.target.matches('input[type=range]') && row) {
      const p = specOf(row.dataset.key),
        value = valueAt(p, +e.target.value);
      fill(e.target);
      $('input[type=text]', row).value = text(value);
      write(row.dataset.key, value);
    }
  });
  root.addEventListener('change', (e) => {
    const row = e.target.closest('[data-key]'),
      holder = e.target.closest('[data-slot-select]');
    if (e.target.id === 'design') {
      set({ design: e.target.value });
      applyDesign();
      return (changed(), settled());
    }
    if (holder) {
      setSlot(holder.dataset.slotSelect, e.target.value);
      writeControls();
      changed();
      return settled();
    }
    if (row?.dataset.key === 'solver.predictor') return usePredictor(e.target.value, predicted, write);
    if (row && e.target.matches('select'))
      write(row.dataset.key, specOf(row.dataset.key).integer ? +e.target.value : e.target.value);
    if (row && e.target.matches('input[type=text]'))
      write(row.dataset.key, read(specOf(row.dataset.key), e.target.value));
    settled();
  });
  root.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && e.target.matches('input[type=text]')) e.target.blur();
    const row = e.target.closest('[data-key]'),
      d = { ArrowUp: 1, ArrowDown: -1 }[e.key];
    if (d && row && e.target.matches('input[type=text]') && specOf(row.dataset.key).kind === 'number') {
      e.preventDefault();
      const p = specOf(row.dataset.key),
        v = S.values[row.dataset.key],
        next = p.log && !p.integer ? v * 1.05 ** d : v + d * (p.step || 1);
      const value = clamp(p.integer ? Math.round(next) : +next.toPrecision(4), p.low, p.high);
      e.target.value = text(value);
      write(row.dataset.key, value);
    }
  });
  root.addEventListener('click', (e) => {
    const button = e.target.closest('.reset[data-group]');
    if (!button) return;
    e.preventDefault();
    reset(button.dataset.group);
    writeControls();
    changed();
    settled();
  });
  for (const button of $$('.more'))
    button.addEventListener('click', (e) => {
      e.preventDefault();
      open(button, button.getAttribute('aria-expanded') !== 'true');
      button.closest('details').open = true;
    });
  $('#cards').addEventListener('click', (e) =>
    showCards(e.currentTarget, config.entries.solver, S.values.solver, (name) => {
      setSlot('solver', name);
      writeControls();
      changed();
    }),
  );
  for (const head of $$('.group > summary'))
    head.addEventListener('click', (e) => {
      if (e.target.closest('.reset')) e.preventDefault();
    });
}

function open(button, on) {
  button.setAttribute('aria-expanded', String(on));
  button.textContent = on ? 'Less' : 'More';
  document.getElementById(button.getAttribute('aria-controls')).hidden = !on;
}

// Text as a number where one is wanted; what is no number goes to the server, which says why not.
function read(p, value) {
  if (p.kind === 'list') return value;
  if (p.kind === 'text') return value;
  const plain = value.trim().replace('∞', '1e9').replace(',', '.');
  return plain !== '' && Number.isFinite(+plain) ? +plain : value;
}

function reset(group) {
  if (group === 'design') {
    set({ design: 'edm' });
    return applyDesign();
  }
  const keys = $(`.group[data-group="${group}"]`).dataset.keys.split(' ');
  const own = (k) => keys.includes(k.split('.')[0]);
  change(Object.fromEntries(Object.entries(config.defaults).filter(([k]) => own(k))), own);
}

// What a design sets, from EDM's deterministic settings; data, model and budget stay.
function applyDesign() {
  const { flat } = config.designs[S.design],
    own = (k) => config.parts.includes(k.split('.')[0]);
  change(Object.fromEntries(Object.entries(config.defaults).filter(([k]) => own(k))), own);
  for (const slot of Object.keys(config.entries))
    if (slot in flat) change({ [slot]: flat[slot], ...defaults(slot, flat[slot]) }, (k) => slotOf(k) === slot);
  change(flat);
  writeControls();
}
