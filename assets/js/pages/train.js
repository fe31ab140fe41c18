// The Train page: one training of this server, drawn while it runs; it goes on without this tab.

import { watch } from '../job.js';
import { back, call, newest } from '../net.js';
import { $, S } from '../state.js';
import { AWAY, alive } from '../own/alive.js';
import { giveBack, lend, mount } from '../own/column.js';
import { undone } from '../own/undone.js';
import { showAugmented } from '../train/augmented.js';
import { adopt, anew, applies, edited, lasts, menus, wanted, write } from '../train/form.js';
import { show as draws } from '../train/shown.js';
import { forget, keep, linked, own, tokens } from '../train/tokens.js';

const POLL = 700,
  IDLE = 5000,
  REST = 700; // ms without a change before it is measured how long a training takes
let filled = false; // the form holds what its configuration says
let wish = {}; // what another page wants to stand in it
let line = null, // see app.js
  form = null, // see undone.js
  formOf = '', // the data that the form was filled for
  restored = null, // what Undo gave back, until the form is filled again: {data, fields}
  told = {},
  held = {},
  plan = {},
  opening = {}, // the network that ships for the data
  known = false, // the server has said what it trains
  data = '',
  wasBusy = false;
const ask = (request, tries = 1) => call('training', { tokens: tokens(), ...request }, tries);
const pace = newest(ask),
  plans = newest(ask);

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
  mount('train');
  form = undone('train');
  menus(line.config.train);
  $('#train-config').onchange = fill;
  $('#train-reset').onclick = () =>
    form.act(() => {
      anew();
      fill();
    });
  $('#train-start').onclick = begin;
  $('#train-pause').onclick = () => act({ do: 'pause', name: told.name });
  $('#train-cancel').onclick = () => act({ do: 'cancel', name: told.name });
  $('#train-augmented').onclick = augmented;
  for (const id of ['loss', 'p_mean', 'p_std']) $(`#train-${id}`).addEventListener('change', look);
  $('[data-own][data-body="train"]').addEventListener('change', touched);
  $('#train-use').onclick = () => {
    document.dispatchEvent(new CustomEvent('use-network', { detail: { name: told.name ?? opening.shipped.name } }));
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

// A field is another: how long it would take is another, and what is shown may be of something else.
let rests = null;
function touched() {
  $('#train-reset').disabled = !edited();
  show();
  clearTimeout(rests);
  rests = setTimeout(lasting, REST);
}

async function lasting() {
  const mine = fills;
  if (S.page !== 'train' || told.allowed === false) return;
  const found = await pace({ do: 'pace', ...wanted() });
  if (found && mine === fills) $('#train-time').textContent = lasts(found.seconds);
}

let fills = 0;
async function fill() {
  const mine = ++fills;
  filled = false;
  $('#train-start').disabled = true;
  const given = await ask({ do: 'defaults', config: $('#train-config').value, values: S.values });
  if (mine !== fills) return; // the data or the configuration have changed since
  if (given.gone) back(3000).then(() => mine === fills && fill());
  if (given.problem) {
    problem(given.problem);
    return;
  }
  refill(given);
  plan = { sigma: given.plan, samples: given.data, table: given.table }; // shown until a training has something to show
  filled = true;
  grant();
  found();
  touched();
  ships();
}

// From the recipe, or as Undo gave it back.
function refill(given) {
  const again = restored?.data === data ? restored.fields : null;
  [restored, formOf] = [null, data];
  if (again) anew();
  write(given);
  if (again) form.put(again);
  else form.hold();
  applies();
}

// Undo: the form as it was; its recipe is asked for again.
function takeBack({ data: of, fields }) {
  form.put(fields);
  restored = { data: of, fields };
  formOf = of;
  if (of === data) fill();
}

// What ships for these data: its record at once, its samples as soon as they are made.
let shipsFor = 0;
async function ships() {
  const mine = fills;
  if (S.page !== 'train' || !filled || shipsFor === mine) return;
  shipsFor = mine;
  const about = { do: 'shipped', config: $('#train-config').value, values: S.values };
  opening = {};
  const { shipped = null, why } = await ask(about, 3);
  if (mine !== fills) return;
  opening = { shipped, why };
  if (!told.name) show();
  if (!shipped) return;
  const made = await ask({ ...about, samples: true }, 2);
  if (mine !== fills) return;
  opening = { ...opening, samples: made.shipped?.samples, failed: !made.shipped };
  if (!told.name) show();
}

// A training of this browser's that went on is found again with the settings that it was begun with.
let looked = false;
function found() {
  if (!known || !filled || looked) return;
  looked = true;
  if (told.name && told.own) adopt(told.of);
  form.hold();
}

// The fields that another page has asked for, once the form holds the rest.
function grant() {
  const given = Object.keys(wish).length > 0;
  for (const [id, value] of Object.entries(wish)) $(`#train-${id}`).value = value;
  wish = {};
  form.hold();
  applies();
  if (given) look();
}

// The plan shows where a training as the form has it would look.
async function look() {
  applies();
  const mine = fills,
    { loss, p_mean, p_std } = wanted().training,
    looks = loss === 'edm' ? { loss, p_mean, p_std } : { loss };
  const given = await plans({ do: 'defaults', config: $('#train-config').value, values: S.values, looks });
  if (!given || mine !== fills) return;
  problem(given.problem ?? null);
  if (given.problem) return;
  plan.sigma = given.plan;
  plan.looks = true;
  if (S.page === 'train' && !told.name) show();
}

// What a server that was away takes up later would begin behind the reader's back.
async function begin() {
  problem(null);
  if (!(await alive())) return problem(AWAY);
  act({ do: 'start', ...wanted(), name: $('#train-name').value.trim() });
}

async function act(request) {
  problem(null);
  const answer = await ask({ ...request, have: told.key });
  if (answer.problem) return problem(answer.problem);
  if (answer.token) keep(answer.name, answer.token);
  take(answer);
  follow();
}

const runs = ({ name, paused = [], elsewhere = [] }) => [
  ...(name ? [name] : []),
  ...[...paused, ...elsewhere].map((r) => r.name),
];

function take(answer) {
  forget(runs(told), runs(answer));
  for (const part of ['sigma', 'curve', 'table', 'beside', 'samples']) if (answer[part]) held[part] = answer[part];
  if (answer.name !== told.name && !answer.samples) held = {};
  told = answer;
  known = true;
  found();
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
  lend('train');
  if (!told.paused || !follow.on()) follow();
  ships();
  show();
}

const show = () =>
  draws({ told, held, plan, opening, ready: filled, data: line.config.entries?.data?.[S.values.data]?.label ?? '' });

async function augmented(event) {
  const anchor = event.currentTarget;
  problem(null);
  const answer = await ask({ do: 'augment', ...wanted(), seed: Math.floor(Math.random() * 1e6) });
  if (answer.problem) return problem(answer.problem);
  showAugmented(anchor, answer.augmented);
}

// A server that was out of reach: its form where that is still to come, and what became of the training.
function returned() {
  if (!filled) fill();
  follow();
}

export const page = {
  name: 'train',
  plotly: true,
  init,
  draw,
  changed,
  keep: () => form.held() && { data: formOf, fields: form.held() },
  back: takeBack,
  leave: giveBack,
  returned,
};
