// The Train page: one training of this server, drawn while it runs; it goes on without this tab.

import { watch } from '../job.js';
import { call } from '../net.js';
import { $, S } from '../state.js';
import { count, short, times } from '../numbers.js';
import { showAugmented } from '../train/augmented.js';
import { plot } from '../draw/figure.js';
import { samples } from '../train/samples.js';
import { forget, keep, linked, own, tokens } from '../train/tokens.js';

const POLL = 700,
  IDLE = 5000;
let filled = false; // the form holds what its configuration says
let wish = {}; // what another page wants to stand in it
let line = null, // see app.js
  told = {},
  held = {},
  plan = {},
  data = '',
  wasBusy = false;
const ask = (request, tries = 1) => call('training', { tokens: tokens(), ...request }, tries);

// A link of the server's owner brings their token; any other that a link may hold opens nothing and is not kept.
async function greet() {
  const token = linked(); // out of the address, whatever it is
  if (token == null) return;
  const { opens } = await ask({ do: 'key', token }, 3);
  if (opens) own(token);
  else problem('The token in this link is not that of this server’s owner, so it was not kept.');
  if (S.page === 'train') follow();
}

// A sentence on this page; what is drawn stays.
function problem(sentence) {
  $('#train-problem').hidden = !sentence;
  $('#train-problem span').textContent = sentence ?? '';
}

function init(given) {
  line = given;
  greet();
  $('#train-problem button').onclick = () => problem(null);
  const { letters, columns, rungs } = line.config.train;
  const options = (choices) => choices.map((c) => `<option value="${c.value}">${c.label}</option>`).join('');
  $('#train-config').innerHTML = Object.entries(letters)
    .map(([k, about]) => `<option value="${k}" title="${about}">${k}</option>`)
    .join('');
  for (const id of ['precond', 'loss']) $(`#train-${id}`).innerHTML = options(columns);
  for (const [id, ends] of Object.entries(rungs)) $(`#train-${id}`).innerHTML = options(ends);
  $('#train-config').value = 'F';
  $('#train-config').onchange = fill;
  $('#train-start').onclick = () => act({ do: 'start', ...wanted(), name: $('#train-name').value.trim() });
  $('#train-pause').onclick = () => act({ do: 'pause', name: told.name });
  $('#train-cancel').onclick = () => act({ do: 'cancel', name: told.name });
  $('#train-augmented').onclick = augmented;
  $('#train-use').onclick = () => {
    document.dispatchEvent(new CustomEvent('use-network', { detail: { name: told.name } }));
    line.open('explore');
  };
  document.addEventListener('train-with', ({ detail }) => {
    wish = { ...wish, ...detail };
    if (filled) grant();
  });
  $('#train-waiting').onclick = (e) => {
    const b = e.target.closest('button');
    if (b) act({ do: b.dataset.do, name: b.dataset.name });
  };
}

// The page has other data now: the form begins anew from its configuration.
function changed() {
  const now = JSON.stringify(Object.entries(S.values).filter(([k]) => k.split('.')[0] === 'data'));
  if (now === data) return;
  data = now;
  fill();
}

const wanted = () => ({
  config: $('#train-config').value,
  values: S.values,
  training: {
    hyper: $('#train-hyper').value,
    capacity: $('#train-capacity').value,
    precond: $('#train-precond').value,
    loss: $('#train-loss').value,
    augment: typed('#train-augment'),
    kimg: typed('#train-kimg'),
    conditional: $('#train-classes').checked,
  },
});
// A number as typed; nonsense goes to the server, whose sentence names it.
const typed = (id) => {
  const v = $(id).value.trim().replace(',', '.');
  return v !== '' && Number.isFinite(+v) ? +v : v;
};

let fills = 0;
async function fill() {
  const mine = ++fills;
  filled = false;
  $('#train-start').disabled = true;
  const given = await ask({ do: 'defaults', config: $('#train-config').value, values: S.values });
  if (mine !== fills) return; // the data or the configuration have changed since
  if (given.gone) setTimeout(() => mine === fills && fill(), 3000);
  if (given.problem) {
    $('#train-note').textContent = given.problem;
    return;
  }
  for (const id of ['hyper', 'capacity', 'precond', 'loss', 'augment']) $(`#train-${id}`).value = given.form[id];
  if (!$('#train-kimg').value || $('#train-kimg').dataset.given === $('#train-kimg').value) {
    $('#train-kimg').value = $('#train-kimg').dataset.given = given.form.kimg;
  }
  $('#train-augment').disabled = $('#train-augmented').disabled = !given.image;
  $('#train-classes').disabled = !given.classes;
  if (!given.classes) $('#train-classes').checked = false;
  $('#train-note').textContent =
    `${$('#train-config').value}: ${given.about}. ${count(given.parameters)} parameters.` +
    (given.image ? '' : ' Points are not augmented.');
  plan = { sigma: given.plan, samples: given.data, table: given.table }; // shown until a training has something to show
  filled = true;
  grant();
  if (S.page === 'train' && !told.name) show();
  $('#train-start').disabled = Boolean(told.busy) || told.allowed === false;
}

// The fields that another page has asked for, once the form holds the rest.
function grant() {
  for (const [id, value] of Object.entries(wish)) $(`#train-${id}`).value = value;
  wish = {};
}

async function act(request) {
  problem(null);
  const answer = await ask({ ...request, have: told.key });
  if (answer.problem) return problem(answer.problem);
  if (answer.token) keep(answer.name, answer.token);
  take(answer);
  follow();
}

const runs = ({ name, busy, state, paused = [], elsewhere = [] }) => [
  ...(busy || state === 'failed' ? [name] : []),
  ...[...paused, ...elsewhere].map((r) => r.name),
];

function take(answer) {
  forget(runs(told), runs(answer));
  for (const part of ['sigma', 'curve', 'table', 'samples']) if (answer[part]) held[part] = answer[part];
  if (answer.name !== told.name && !answer.samples) held = {};
  told = answer;
  if (wasBusy && answer.state === 'done')
    document.dispatchEvent(new CustomEvent('trained', { detail: { name: answer.name } }));
  wasBusy = Boolean(answer.busy);
  if (S.page === 'train') show();
}

const concerned = () => S.page === 'train' || told.busy;
const follow = watch(
  async () => {
    const answer = concerned() ? await ask({ do: 'look', have: told.key }) : { problem: 'nobody looks' };
    if (!answer.problem) take(answer);
  },
  () => (concerned() ? (told.busy ? POLL : IDLE) : null),
);

function draw() {
  if (!told.paused || !follow.on()) follow();
  show();
}

// A paused training, and what its owner may do with it.
function waiting(r, busy) {
  if (r.elsewhere) return `<span>${r.title}, “${r.name}”, being trained by another server</span>`;
  const about = r.mine
    ? `<button class="ghost" data-do="resume" data-name="${r.name}" ${busy ? 'disabled' : ''}>Resume</button>` +
      `<button class="ghost" data-do="cancel" data-name="${r.name}">Discard</button>`
    : 'by another visitor';
  return `<span>${r.title}, “${r.name}”, paused ${about}</span>`;
}

// beside: the interval of each value, small below it.
function tableRow(row, beside) {
  const cell = (v, i) => (i === 0 ? v : i === 4 && v != null ? (v < 100 ? times(v) : '> 100') : short(v));
  const below = (i) => (beside?.[i] ? ` <small>${beside[i]}</small>` : '');
  return `<tr>${row.map((v, i) => `<td>${cell(v, i)}${below(i)}</td>`).join('')}</tr>`;
}

function heading({ name, title, state }) {
  if (!name) return 'Train a network on the open data';
  if (state === 'done') return `${title}: trained as “${name}”, now in the list of networks`;
  return `${title}, “${name}”: ${state}`;
}

const doing = ({ words, state, busy, trouble }) =>
  (busy && trouble) || (words ?? (state === 'starting' ? 'Starting …' : (state ?? '')));

function show() {
  const { name, state, busy, mine, paused = [], elsewhere = [], trouble } = told;
  const rows = [...paused, ...elsewhere.map((r) => ({ ...r, elsewhere: true }))];
  $('#train-title').textContent = heading(told);
  if (trouble && !busy) $('#train-note').textContent = trouble;
  $('#train-progress').hidden = !name;
  $('#train-progress progress').value = told.part ?? 0;
  $('#train-progress span').textContent = doing(told);
  for (const id of ['#train-pause', '#train-cancel']) $(id).hidden = !busy || !mine;
  $('#train-others').hidden = !busy || mine;
  $('#train-use').hidden = state !== 'done';
  $('#train-start').disabled = Boolean(busy) || told.allowed === false || !filled;
  $('#train-waiting').hidden = !rows.length;
  $('#train-waiting').innerHTML = rows.map((r) => waiting(r, busy)).join('');
  $('#train-rows').innerHTML = (held.table ?? (name ? null : plan.table) ?? [])
    .map((row, r) => tableRow(row, held.table ? held.beside?.[r] : null))
    .join('');
  plot(
    '#fig-train-sigma',
    held.sigma ?? (name ? null : plan.sigma),
    'the loss at each noise level, while a network trains',
  );
  plot('#fig-train-curve', held.curve, 'the loss over the images seen');
  samples(held.samples ?? (name ? null : plan.samples), held.samples || name);
}

async function augmented(event) {
  const anchor = event.currentTarget;
  problem(null);
  const answer = await ask({ do: 'augment', ...wanted(), seed: Math.floor(Math.random() * 1e6) });
  if (answer.problem) return problem(answer.problem);
  showAugmented(anchor, answer.augmented);
}

export const page = { name: 'train', plotly: true, init, draw, changed };
