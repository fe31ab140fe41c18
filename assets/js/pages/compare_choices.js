// What a sweep of Compare compares: solvers and time steps to press, its budgets in compare_budgets.js.  What is
// chosen on the page is one plain value, which Undo takes back.

import { gesture } from '../gestures/gesture.js';
import { $, $$ } from '../state.js';
import * as budgets from './compare_budgets.js';
import * as along from './compare_along.js';
import * as said from './compare_words.js';
import { toolsList, toolsMenu } from './compare_tools.js';

const chosen = new Set();
let usual = null, // of a sweep that nobody has chosen: its solvers and budgets
  changed = () => {},
  held = null; // as the choices stood before the act that is being heard

export const solvers = () => [...chosen];
/** The time steps that are pressed. */
export const grids = () => $$('#compare-grids [aria-pressed=true]').map((b) => b.dataset.name);

/** @param {{entries: any, compare: {solvers: string[], budgets: number[]}}} config
 * @param {() => void} then when another choice is made */
export function init({ entries: { solver, timesteps }, compare }, then) {
  changed = () => {
    held = now();
    said.draw();
    then();
  };
  usual = compare;
  for (const name of compare.solvers) chosen.add(name);
  budgets.init(compare.budgets, acted);
  $('#compare-solvers').innerHTML = Object.entries(solver)
    .filter(([, s]) => !s.makes_noise)
    .map(
      ([name, s]) =>
        `<button data-name="${name}" aria-pressed="${chosen.has(name)}" title="${s.about}">${s.label}</button>`,
    )
    .join('');
  $('#compare-solvers').onclick = (e) => {
    const b = e.target.closest('button');
    if (!b) return;
    gesture();
    chosen.has(b.dataset.name) ? chosen.delete(b.dataset.name) : chosen.add(b.dataset.name);
    b.setAttribute('aria-pressed', chosen.has(b.dataset.name));
    changed();
  };
  wireGrids(timesteps);
  along.init(acted);
  said.init();
  for (const field of [...fields(), ...ticks()]) field.addEventListener('change', acted);
  held = now();
}

// Fields have changed by the time that they say so: what they were is held.
function acted() {
  gesture();
  changed();
}

function wireGrids(timesteps) {
  const box = $('#compare-grids'),
    range = 'over the range of the settings; none pressed: the steps of the settings';
  const button = (name, { label, short: said }) =>
    `<button data-name="${name}" aria-pressed="false" title="${label}, ${range}">${said}</button>`;
  box.innerHTML =
    '<span>Time steps</span>' +
    Object.entries(timesteps)
      .filter(([name, s]) => name !== 'custom' && !s.lists)
      .map((entry) => button(...entry))
      .join('') +
    toolsMenu(timesteps);
  $('#compare-tools').onchange = (e) => {
    gesture();
    toolsList(e.target.value)?.setAttribute('aria-pressed', 'true');
    e.target.value = '';
    changed();
  };
  box.onclick = (e) => {
    const b = e.target.closest('button');
    if (!b) return;
    gesture();
    b.setAttribute('aria-pressed', b.getAttribute('aria-pressed') !== 'true');
    changed();
  };
}

function pressSolvers(names) {
  chosen.clear();
  for (const name of names) if ($(`#compare-solvers button[data-name="${CSS.escape(name)}"]`)) chosen.add(name);
  $$('#compare-solvers button').forEach((b) => b.setAttribute('aria-pressed', chosen.has(b.dataset.name)));
}

function pressGrids(names) {
  names.forEach(toolsList);
  $$('#compare-grids button').forEach((b) => b.setAttribute('aria-pressed', names.includes(b.dataset.name)));
}

const fields = () => $$('#compare-edits :is(select, input), :is(#compare-axes, #compare-designs) select');
const ticks = () => $$('#compare-learn input');

const now = () => ({
  solvers: [...chosen].sort(),
  grids: grids(),
  budgets: budgets.text(),
  along: along.keep(),
  fields: fields().map((field) => field.value),
  ticks: ticks().map((tick) => tick.checked),
});

/** Everything that is chosen, as a plain value. */
export const keep = () => held;

export const keys = ['solvers', 'grids', 'budgets', ...along.keys];
export const draw = said.draw;

/** Where it differs from a sweep that nobody has chosen. @param {URLSearchParams} params */
export function write(params) {
  const names = $$('#compare-solvers button')
    .map((b) => b.dataset.name)
    .filter((name) => chosen.has(name));
  if (names.length !== usual.solvers.length || !usual.solvers.every((name) => chosen.has(name)))
    params.set('solvers', names.join());
  if (grids().length) params.set('grids', grids().join());
  if (budgets.text() !== usual.budgets.join()) params.set('budgets', budgets.text());
  along.write(params);
}

/** A link was read; last of what is chosen here, so that Undo does not take it back. */
export function read(params) {
  if (params.has('solvers')) pressSolvers(params.get('solvers').split(','));
  pressGrids((params.get('grids') ?? '').split(','));
  if (params.has('budgets')) budgets.write(params.get('budgets').slice(0, 200).split(','));
  along.read(params);
  held = now();
}

/** As it was kept; nothing is measured by it. */
export function back(kept) {
  pressSolvers(kept.solvers);
  pressGrids(kept.grids);
  if (budgets.text() !== kept.budgets) budgets.write(kept.budgets.split(/[,;]/).filter(Boolean));
  along.back(kept.along);
  fields().forEach((field, i) => (field.value = kept.fields[i]));
  ticks().forEach((tick, i) => (tick.checked = kept.ticks[i]));
  changed();
}
