// What the Train page shows: a training, the network that ships for the data, or the plan of a training.

import { $, S } from '../state.js';
import { short, times } from '../numbers.js';
import { plot } from '../draw/figure.js';
import { differs } from './form.js';
import { samples } from './samples.js';

const RATIOS = [4, 5],
  ORDER = [0, 1, 2, 3, 5, 4]; // of the columns; what was added last comes before the last

// beside: the interval of each value, small below it.
function tableRow(row, beside) {
  const cell = (v, i) => (i === 0 ? v : RATIOS.includes(i) && v != null ? (v < 100 ? times(v) : '> 100') : short(v));
  const below = (i) => (beside?.[i] ? ` <small>${beside[i]}</small>` : '');
  return `<tr>${ORDER.filter((i) => i < 5 || i in row)
    .map((i) => `<td>${row[i] == null ? '–' : cell(row[i], i)}${below(i)}</td>`)
    .join('')}</tr>`;
}

function heading({ name, title, state }) {
  if (state === 'done') return `${title}: trained as “${name}”, now in the list of networks`;
  return `${title}, “${name}”: ${state}`;
}

const doing = ({ words, state, busy, trouble }) =>
  (busy && trouble) || (words ?? (state === 'starting' ? 'Starting …' : (state ?? '')));

// A paused training, and what its owner may do with it.
function waiting(r, busy) {
  if (r.elsewhere) return `<span>${r.title}, “${r.name}”, being trained by another server</span>`;
  const about = r.mine
    ? `<button class="ghost" data-do="resume" data-name="${r.name}" ${busy ? 'disabled' : ''}>Resume</button>` +
      `<button class="ghost" data-do="cancel" data-name="${r.name}">Discard</button>`
    : 'by another visitor';
  return `<span>${r.title}, “${r.name}”, paused ${about}</span>`;
}

// Title, chip and the sentences below.
function words({ told, opening, data }) {
  const { name, trouble, busy } = told,
    ships = opening.shipped;
  $('#train-title').textContent = name
    ? heading(told)
    : ships
      ? ships.title
      : `Train a network on ${data || 'the open data'}`;
  $('#train-chip').hidden = Boolean(name) || !ships;
  $('#train-chip').textContent = ships ? `${ships.name}, shipped` : '';
  $('#train-note').textContent =
    trouble && !busy ? trouble : name ? `${told.how}.` : ships ? ships.words : (opening.why ?? '\u00a0');
}

// What stands below is of another training than the form asks for: it says so and steps back.
function standing({ told }) {
  const other = Boolean(told.name) && !told.busy && differs(told.of);
  $('#train-of').hidden = !other;
  $('#train-of').textContent = other
    ? `Of the training with ${told.how}. The settings at the left are others; Train begins with those.`
    : '';
  $('.trained').classList.toggle('past', other);
}

function buttons({ told, ready }) {
  const { state, busy, mine, allowed, paused = [], elsewhere = [], name } = told;
  $('#train-progress').hidden = !name || state === 'done';
  $('#train-progress progress').value = told.part ?? 0;
  $('#train-progress span').textContent = doing(told);
  for (const id of ['#train-pause', '#train-cancel']) $(id).hidden = !busy || !mine;
  $('#train-others').hidden = !busy || mine;
  $('#train-start').disabled = Boolean(busy) || allowed === false || !ready;
  const rows = [...paused, ...elsewhere.map((r) => ({ ...r, elsewhere: true }))];
  $('#train-waiting').hidden = !rows.length;
  $('#train-waiting').innerHTML = rows.map((r) => waiting(r, busy)).join('');
}

/** @param {{told: any, held: any, plan: any, opening: any, ready: boolean, data: string}} page */
export function show(page) {
  const { told, held, plan, opening } = page,
    ships = opening.shipped,
    from = told.name ? held : (ships ?? plan);
  words(page);
  standing(page);
  buttons(page);
  $('#train-use').hidden = told.name ? told.state !== 'done' : !ships;
  $('#train-rows').innerHTML = (from.table ?? []).map((row, r) => tableRow(row, from.beside?.[r])).join('');
  $('#train-curve-cell').hidden = !from.curve;
  if (S.page !== 'train') return;
  const looks = !told.name && plan.looks; // the form looks elsewhere: so does the plan
  plot('#fig-train-sigma', looks ? plan.sigma : from.sigma, 'The losses come with the first look, in a few seconds.');
  if (from.curve) plot('#fig-train-curve', from.curve, '');
  const drawn = told.name ? held.samples : opening.samples;
  samples(drawn ?? plan.samples, Boolean(drawn), !told.name && ships && !drawn && !opening.failed);
}
