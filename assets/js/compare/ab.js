// A/B: this view beside another one, from the same noise.  B is a pinned run, a pasted link, or this view with
// another solver; the server reads both again, as any link.

import { settingsOf } from '../address.js';
import { gesture } from '../gestures/gesture.js';
import { copy, lines } from '../help.js';
import { pinned } from '../pin.js';
import { $, S } from '../state.js';
import { FRAME, draw as drawShown } from './ab_shown.js';
import { Measured, progress } from './measured.js';
import { offer, show } from './views.js';

const SEEDS = 4,
  MOST = 32;
let line = null,
  body = null,
  a = null, // another A than this view, as a query
  b = null,
  seeds = SEEDS;
const study = new Measured({
  part: 'ab',
  unit: 'parts',
  asks: () => asks(),
  request: () => ({ kind: 'ab', values: S.values, b, seeds, ...(a != null && { a }) }),
  draw: (anew) => anew && draw(),
  refuse: (problem) => line.problem(problem),
  far,
});

const FORM =
  '<form class="ab-form"><i class="ab-chip">A</i><b id="ab-a">this view</b>' +
  '<button type="button" class="ghost" id="ab-this">Use this view</button>' +
  '<span>against</span><i class="ab-chip b">B</i><select id="ab-b" aria-label="What A is held against"></select>' +
  '<input type="text" id="ab-link" spellcheck="false" placeholder="Paste the link of a view" ' +
  'aria-label="The link of a view" hidden>' +
  '<span id="ab-noise"></span><span class="ab-run"><button type="button" class="ghost" id="ab-swap">Swap</button>' +
  '<button class="ghost run" id="ab-run">Run</button>' +
  '<button type="button" class="ghost" id="ab-cancel" hidden>Cancel</button></span></form>' +
  progress('ab');

function init(given, where) {
  [line, body] = [given, where];
  body.className = 'ab';
  body.innerHTML = `${FORM}<p class="ab-empty" id="ab-empty"></p><div class="ab-found" hidden>${FRAME}</div>`;
  $('form', body).onsubmit = (e) => {
    e.preventDefault();
    press();
  };
  $('#ab-cancel').onclick = study.cancel;
  $('#ab-this').onclick = () => press({ a: null });
  $('#ab-swap').onclick = () => b != null && press({ a: onNoise(b, a ?? S.query), b: a ?? S.query });
  $('#ab-b').onchange = ({ target: { value } }) => {
    $('#ab-link').hidden = value !== 'paste';
    if (value === 'paste') $('#ab-link').focus();
    else press({ b: value });
  };
  $('#ab-link').onchange = ({ target: { value } }) => value.trim() && press({ b: settingsOf(value) });
  $('#ab-copy').onclick = (e) => copy(lines(study.shown.exact), e.target);
  $('.ab-acts', body).onclick = (e) => act[e.target.closest('button')?.dataset.act]?.();
  document.addEventListener('beside', ({ detail }) => {
    [a, b] = [null, detail];
    show('ab');
  });
}

const act = {
  more: () => press({ seeds: Math.min(MOST, study.shown.ab.seeds * 2) }),
};

// The same settings on the noise of others: what is swapped stays the same samples.
function onNoise(query, others) {
  const [params, from] = [query, others].map((text) => new URLSearchParams(text));
  for (const key of ['seed', 'samples']) from.has(key) ? params.set(key, from.get(key)) : params.delete(key);
  return params.toString().replaceAll('%2C', ',');
}

// A person asks for it: one step of Undo.
function press(next = {}) {
  gesture();
  if ('a' in next) a = next.a;
  if ('b' in next) b = next.b;
  if ('seeds' in next) seeds = next.seeds;
  begin();
}

const asks = () => JSON.stringify([a ?? S.query, b, seeds]);

function begin() {
  if (b == null) return draw();
  line.address();
  study.begin();
}

function far(words, part) {
  $('#ab-progress progress').value = part;
  $('#ab-progress span').textContent = words;
}

// ---- what B may be --------------------------------------------------------------------------------

function withSolver(solver) {
  const params = new URLSearchParams(S.query);
  for (const key of [...params.keys()]) if (key.startsWith('solver')) params.delete(key);
  params.set('solver', solver);
  return params.toString().replaceAll('%2C', ',');
}

const other = () => (S.values.solver === 'ddim' ? ['dpmpp', 'DPM-Solver++'] : ['ddim', 'DDIM']);

function choices() {
  const [solver, name] = other(),
    found = [
      ...pinned().map((pin) => [pin.query, `pinned: ${pin.name}`]),
      [withSolver(solver), `this view with ${name}`],
    ];
  if (b != null && !found.some(([query]) => query === b)) found.unshift([b, linkName()]);
  return [...found, ['paste', 'a link …']];
}

const linkName = () => (study.shown && !study.old ? `link: ${study.shown.ab.b.name}` : 'the view of a link');

let offered = '';
function drawChoices() {
  const list = choices(),
    key = JSON.stringify([list, b]),
    select = $('#ab-b');
  if (key === offered || document.activeElement === select) return;
  offered = key;
  select.replaceChildren(...list.map(([value, text]) => new Option(text, value, false, value === b)));
}

// ---- drawing --------------------------------------------------------------------------------------

function draw() {
  drawChoices();
  const { shown, busy } = study,
    old = study.old && !busy;
  $('#ab-a').textContent = a == null ? 'this view' : (shown?.ab.a.name ?? 'the view of a link');
  $('#ab-this').hidden = a == null;
  $('#ab-noise').textContent = `from the same noise, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`;
  $('#ab-swap').disabled = b == null;
  $('#ab-run').hidden = busy;
  $('#ab-progress').hidden = !busy;
  $('#ab-cancel').hidden = !busy;
  $('.ab-found', body).hidden = !shown;
  $('.ab-found', body).classList.toggle('old', old);
  $('#compare-title').textContent = shown?.title ?? 'Two views from the same noise';
  $('#compare-note').textContent = shown?.note ?? 'Sample by sample: what differs, and what comes of it.';
  const words = shown
    ? old
      ? 'Measured before the settings changed: Run measures again.'
      : ''
    : busy
      ? 'Measuring …'
      : 'Choose B: a run that you pinned on Explore, this view with another solver, or the link of any view.';
  $('#ab-empty').textContent = words;
  $('#ab-empty').hidden = !words;
  if (shown && body.clientWidth) drawShown(body, shown);
}

// It comes on show: with a B of a link or a pin it is measured, unless it would cost a network's time.
function open() {
  if (b == null) b = pinned().find(({ query }) => query !== S.query)?.query ?? withSolver(other()[0]);
  const known = !study.busy && study.back();
  draw();
  if (!known && !study.busy && S.values.model !== 'network') begin();
}

// Both sides on paper, while they hold.
function print() {
  const { shown } = study;
  if (!shown?.ab.b.count || study.old) return [];
  const { a, b, kind, shape, clip, scatter } = shown.ab,
    side = ({ name, x }) => ({ name, x }),
    { title } = shown,
    ask = () => ({ beside: { a: side(a), b: side(b), kind, shape, clip, scatter }, told: `${title}. ${shown.note}` });
  return [{ label: 'A beside B', title, ask }];
}

offer({
  name: 'ab',
  label: 'A/B',
  title: 'Two views side by side, from the same noise',
  keys: ['a', 'b', 'seeds'],
  init,
  open,
  draw,
  print,
  read(params) {
    [a, b] = [params.get('a'), params.get('b')];
    const n = Number(params.get('seeds'));
    seeds = Number.isInteger(n) && n >= 1 && n <= MOST ? n : SEEDS;
  },
  write(params) {
    if (a != null) params.set('a', a);
    if (b != null) params.set('b', b);
    if (seeds !== SEEDS) params.set('seeds', String(seeds));
  },
  study: () => ({ result: study.shown, kind: 'ab', old: study.old }),
  keep: () => ({ a, b, seeds }),
  back(kept) {
    ({ a, b, seeds } = kept ?? { a: null, b: null, seeds: SEEDS });
    study.back();
    draw();
  },
});
