// What stands around the figure, written from an answer: words, faults, table, copies, cut and split.

import { copy } from '../help.js';
import { number } from '../numbers.js';
import { $, $$ } from '../state.js';
import { counts, list } from './faults.js';
import { place } from './form.js';
import { items } from './lists.js';
import { plain } from './numbers.js';
import { cards } from './cards.js';
import { head } from './head.js';
import { escaped } from './svg.js';
import { mark, steps } from './table.js';

let hear = null,
  copies = [],
  tab = null,
  tabled = null; // which row the table is of

/** @param {{go: (step: number) => void, mend: (kind: string) => void, undo: (kind: string) => void,
 *   copied: (name: string) => void, light: (step: number | null) => void}} given */
export function initPanel(given) {
  hear = given;
  $('#sch-faults').onclick = (e) => {
    const b = e.target.closest('button');
    if (b?.dataset.mend) hear.mend(b.dataset.mend);
    if (b?.dataset.undo) hear.undo(b.dataset.undo);
  };
  $('#sch-table').onclick = (e) => {
    const tr = e.target.closest('tr[data-step]');
    if (tr) hear.go(+tr.dataset.step);
  };
  $('#sch-copies').onclick = (e) => {
    const b = e.target.closest('button');
    if (!b) return;
    tab = b.dataset.copy;
    hear.copied(tab);
    writeCopies();
  };
  $('#sch-copy').onclick = (e) => copy(copies.find((c) => c.name === tab)?.text ?? '', e.currentTarget);
}

/** The rows of an answer with numbers where JSON has words. */
export const withNumbers = ({ rows }) =>
  rows.map((r) => ({ ...r, levels: r.levels.map(plain), told: r.told?.map(plain) ?? null }));

/** What was measured stays, pale, when the list has changed; it is whole again when the list is back. */
export function keepShares(told, before) {
  told.measured = before?.measured ?? null;
  for (const row of told.rows) {
    const held = before?.rows.find((r) => r.name === row.name && r.shares);
    if (!held || held.levels.length !== row.levels.length) continue;
    row.shares = held.shares;
    row.measured = held.measured;
    row.stale = row.levels.some((s, i) => s !== held.measured[i]);
  }
}

/** All words of the page anew. */
export function write(told, asked, figure) {
  const { empty } = told;
  head(told);
  model(told, asked);
  if (empty) {
    $('#sch-cards').innerHTML = cards(told.examples);
    return;
  }
  $('#sch-open').disabled = !told.open?.values;
  $('#sch-open').title = told.open?.why ?? '';
  if (asked.data) $('#sch-data').value = asked.data;
  $('#sch-lists').innerHTML = items(told.rows, figure.inks);
  menu(told);
  $('#sch-counts').textContent = counts(told.faults);
  $('#sch-checks').textContent = told.checks ?? '';
  $('#sch-faults').innerHTML = list(told);
  copies = told.copies ?? [];
  tab = copies.some((c) => c.name === asked.copy) ? asked.copy : told.lead;
  writeCopies();
  cutAndSplit(told, asked);
  tabled = null;
}

function model(told, asked) {
  const { steps: n, shift, runs, empty } = told;
  $('#sch-model').value = asked.model ?? '';
  const found = $('#sch-model').options[0];
  found.textContent = empty ? 'found in the text' : asked.model ? 'as found in the text' : `found: ${told.model.label}`;
  $('#sch-steps-row').hidden = Boolean(empty);
  $('#sch-shift-row').hidden = !shift;
  if (!empty) place('#sch-steps', n.value, n.value);
  if (shift) place('#sch-shift', Math.log(shift.value), +number(shift.value));
  $('#sch-how').textContent = empty ? '' : told.model.said;
  $('#sch-run-row').hidden = !(runs?.length > 1);
  $('#sch-run').innerHTML = (runs ?? [])
    .map(
      ({ label, steps: s, on }, i) =>
        `<option value="${i}"${on ? ' selected' : ''}>${escaped(label)} (${s} steps)</option>`,
    )
    .join('');
  $('#sch-reset').disabled = !(asked.model || asked.steps || asked.shift || asked.reading);
  const as = ({ name, label }) => `<button class="reset" data-as="${name}">${escaped(label)}</button>`;
  $('#sch-reading').innerHTML = told.asks ? `${escaped(told.asks.said)} ${told.asks.others.map(as).join(' ')}` : '';
}

function menu(told) {
  const option = (a) => `<option value="${escaped(a.name)}">${escaped(a.label)}</option>`,
    group = ([name, all]) => `<optgroup label="${escaped(name)}">${all.map(option).join('')}</optgroup>`;
  $('#sch-add').innerHTML = `<option value="">+ List</option>${Object.entries(byGroup(told.adds)).map(group).join('')}`;
}

function byGroup(all) {
  const out = {};
  for (const one of all) (out[one.group] ??= []).push(one);
  return out;
}

function writeCopies() {
  $('#sch-copies').innerHTML = copies
    .map((c) => `<button data-copy="${c.name}" aria-pressed="${c.name === tab}">${c.label}</button>`)
    .join('');
  const now = copies.find((c) => c.name === tab);
  $('.sch-code').hidden = $('#sch-copies').hidden = !now;
  $('#sch-code').textContent = now?.short ?? '';
  $('#sch-copy').textContent = now?.button ?? 'Copy';
  $('#sch-copy-note').textContent = now?.note ?? '';
}

function cutAndSplit({ cut, split, steps: n }, asked) {
  place('#sch-strength', asked.strength ?? 1, asked.strength ?? 1);
  $('#sch-cut-text').textContent = cut.text;
  $('#sch-split').max = String(Math.max(1, n.value - 1));
  $('#sch-split').value = String(split.at ?? 0);
  $('#sch-split').style.setProperty('--p', `${(100 * (split.at ?? 0)) / Math.max(1, n.value - 1)}%`);
  $('#sch-split-number').textContent = split.label ?? 'off';
  $('#sch-split').setAttribute('aria-valuetext', split.label ?? 'off');
  $('#sch-split-text').textContent = split.text;
  $('#sch-both').hidden = split.at == null;
  $('#sch-both').onclick = (e) => copy(split.copy, e.currentTarget);
}

/** The table follows the cursor: of the row that is current, at its step. */
export function cursor(told, figure) {
  const row = figure.row(),
    { step, sigma } = figure.at;
  if (told.empty) return;
  if (tabled !== row) {
    $('#sch-table').innerHTML = steps(row, step);
    $('#sch-of').textContent = `of ${row.label}`;
    tabled = row;
  }
  mark($('#sch-table'), sigma == null ? step : null);
  for (const li of $$('#sch-lists li')) li.classList.toggle('on', +li.dataset.k === figure.at.row);
}

/** A flag was pressed: its sentence comes into sight. */
export function pick(i) {
  const flag = $(`#sch-faults [data-at="${i}"]`);
  flag?.closest('.sch-fault').scrollIntoView({ block: 'nearest' });
  flag?.closest('.sch-fault').querySelector('button')?.focus({ preventScroll: true });
}
