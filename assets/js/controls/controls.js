// The settings panel.  Every row stands for one key of the flat form; the server has the last word
// on its value.  This module reads rows into a flat dict; rows.js writes a flat dict into rows.

import { $, $$, S, change, clamp, set } from '../state.js';
import { gesture } from '../gestures/gesture.js';
import { showCards, solversAsked, stepsAsked } from './cards.js';
import { initCurve } from './guidance.js';
import { adoptFirst } from './networks.js';
import { mended } from '../standing/fields.js';
import { marks, open, writeControls } from './rows.js';
import { read, show, speak, valueAt } from './sliders.js';
import { config, defaults, optionOf, slotOf, specOf, useConfig } from './spec.js';

const memory = {}; // slot.entry -> its last values, so that switching back keeps them

function setSlot(slot, entry) {
  mended((key) => key === slot || slotOf(key) === slot);
  const before = S.values[slot];
  memory[`${slot}.${before}`] = Object.fromEntries(Object.entries(S.values).filter(([k]) => slotOf(k) === slot));
  const own = memory[`${slot}.${entry}`] ?? defaults(slot, entry);
  change({ [slot]: entry, ...own }, (k) => slotOf(k) === slot);
  // a class is one of the data that were left
  if (slot === 'data' && S.values.model !== 'network' && S.values['model.condition'] >= 0)
    change({ 'model.condition': -1 });
  if (slot === 'model' && entry === 'network') adoptFirst();
}

// A line of a slot's menu is chosen: an entry, or one list of another tool's.
function setLine(slot, line) {
  const [entry, list] = line.split(':');
  if (S.values[slot] !== entry) setSlot(slot, entry);
  if (list) change({ [config.entries[slot][entry].by]: list });
}

// A predictor comes with its levels, first step and ending; without one r, c and a count again.
function usePredictor(name, predicted, write) {
  const found = S.predictors.find((p) => p.name === name);
  if (found) predicted(found.values);
  else write('solver.predictor', '');
}

// ---- wiring ---------------------------------------------------------------------------------------

// A slider moves.
function slide(e, { write }) {
  const row = e.target.closest('[data-key]');
  if (e.target.matches('input[type=range]') && row) {
    const p = specOf(row.dataset.key),
      value = valueAt(p, +e.target.value);
    speak(e.target, p, value);
    show($('input[type=text]', row), value);
    write(row.dataset.key, value);
  }
}

// A choice is made, or a text is done.
function choose(e, { write, changed, settled, predicted }) {
  const row = e.target.closest('[data-key]'),
    holder = e.target.closest('[data-slot-select]');
  if (e.target.id === 'design') {
    gesture();
    set({ design: e.target.value });
    mended();
    applyDesign();
    return (changed(), settled());
  }
  if (holder) {
    setLine(holder.dataset.slotSelect, e.target.value);
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
}

// Arrows in a number's text.
function nudge(e, { write }) {
  if (e.key === 'Enter' && e.target.matches('input[type=text]')) e.target.blur();
  const row = e.target.closest('[data-key]'),
    d = { ArrowUp: 1, ArrowDown: -1 }[e.key];
  if (d && row && e.target.matches('input[type=text]') && specOf(row.dataset.key).kind === 'number') {
    e.preventDefault();
    const p = specOf(row.dataset.key),
      v = S.values[row.dataset.key],
      next = p.log && !p.integer ? v * 1.05 ** d : v + d * (p.step || 1);
    const value = clamp(p.integer ? Math.round(next) : +next.toPrecision(4), p.low, p.high);
    show(e.target, value);
    write(row.dataset.key, value);
  }
}

export function initControls(given, { changed, settled, predicted }) {
  useConfig(given);
  const root = $('.controls');
  const write = (key, value) => {
    change({ [key]: value });
    mended((k) => k === key);
    marks();
    changed();
  };
  const told = { write, changed, settled, predicted };
  initCurve(write);
  root.addEventListener('input', (e) => slide(e, told));
  root.addEventListener('change', (e) => choose(e, told));
  root.addEventListener('keydown', (e) => nudge(e, told));
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
  const pick = (slot) => (line) => {
    setLine(slot, line);
    writeControls();
    changed();
  };
  $('#cards').addEventListener('click', (e) =>
    showCards(e.currentTarget, solversAsked(config.entries.solver, S.values.solver), pick('solver')),
  );
  $('#step-cards').addEventListener('click', (e) =>
    showCards(
      e.currentTarget,
      stepsAsked(config.entries.timesteps, optionOf('timesteps', S.values)),
      pick('timesteps'),
    ),
  );
}

function reset(group) {
  mended();
  if (group === 'design') {
    gesture();
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
