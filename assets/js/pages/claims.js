// The Claims page: each claim of both papers with what was found here; one can be measured again.

import { call } from '../net.js';
import { copy } from '../help.js';
import { job } from '../job.js';
import { $, $$, S } from '../state.js';
import { body, counted, kept, summary } from '../claims/rows.js';

let line = null, // see app.js
  rows = [],
  opened = null, // the claim that is on show, as a link has it
  asked = false;
const chosen = { paper: '', verdict: null };
const work = job();

function init(given) {
  line = given;
  $('#claims-papers').onclick = (e) => choose(e, 'paper');
  $('#claims-verdicts').onclick = (e) => choose(e, 'verdict');
  $('#claims-rows').onclick = act;
  $('#claims-rows').addEventListener('toggle', toggled, true);
  $('#claims-problem button').onclick = () => problem(null);
}

// A sentence on this page; what is shown stays.
function problem(sentence) {
  $('#claims-problem').hidden = !sentence;
  $('#claims-problem span').textContent = sentence ?? '';
}

async function load() {
  if (asked) return;
  asked = true;
  const news = await call('claim_list', {}, 3);
  problem(news.problem ?? null);
  if (news.problem) {
    asked = false; // the next visit asks again
    return;
  }
  rows = news.rows;
  $('#claims-note').textContent = news.said;
  write();
  if (opened) element(opened)?.scrollIntoView({ block: 'nearest' });
}

const element = (name) => $(`#claims-rows details[data-name="${CSS.escape(name)}"]`);

// A second press of a verdict takes the choice back.
function choose(e, what) {
  const b = e.target.closest('button');
  if (!b) return;
  const value = b.dataset[what];
  chosen[what] = what === 'verdict' && chosen.verdict === value ? null : value;
  write();
  line.address();
}

function write() {
  const shown = kept(rows, chosen);
  for (const b of $$('#claims-papers button')) b.setAttribute('aria-pressed', b.dataset.paper === chosen.paper);
  const counts = counted(kept(rows, { ...chosen, verdict: null }));
  $('#claims-title').textContent = counts.title;
  $('#claims-verdicts').innerHTML = counts.verdicts
    .map(
      ({ verdict, label, count }) =>
        `<button data-verdict="${verdict}" aria-pressed="${chosen.verdict === verdict}">${count} ${label}</button>`,
    )
    .join('');
  $('#claims-rows').innerHTML = shown
    .map((row) => `<details data-name="${row.name}"${row.name === opened ? ' open' : ''}>${content(row)}</details>`)
    .join('');
}

const content = (row) => `<summary>${summary(row)}</summary>${body(row, location.pathname)}`;

// `toggle` does not bubble: it is heard on its way down.
function toggled(e) {
  const name = e.target.dataset?.name;
  if (!name) return;
  if (e.target.open) opened = name;
  else if (opened === name) opened = null;
  line.address();
}

function act(e) {
  const b = e.target.closest('button[data-do]');
  if (!b) return;
  const { name } = b.closest('details').dataset,
    row = rows.find((r) => r.name === name);
  if (b.dataset.do === 'copy') copy(row.command, b);
  if (b.dataset.do === 'again') again(row);
  if (b.dataset.do === 'cancel') work.cancel();
}

async function again(row) {
  problem(null);
  state(row, 'measuring');
  const news = await work.run({ kind: 'claim', name: row.name });
  if (!news?.row) {
    state(row, null);
    if (news?.problem) problem(news.problem);
    return;
  }
  state({ ...news.row, now: true }, null);
}

// The row anew, in its place; it stays open and keeps the focus where that was in it.
function state(row, doing) {
  rows = rows.map((r) => (r.name === row.name ? { ...row, doing } : r));
  const place = element(row.name),
    held = place?.contains(document.activeElement);
  if (!place) return;
  place.innerHTML = content(rows.find((r) => r.name === row.name));
  if (held) $(doing ? '[data-do=cancel]' : '[data-do=again]', place)?.focus();
}

export const page = {
  name: 'claims',
  keys: ['paper', 'claim', 'verdict'],
  init,
  read(params) {
    if (['EDM', 'AMED', 'Lab'].includes(params.get('paper'))) chosen.paper = params.get('paper');
    chosen.verdict = params.get('verdict');
    opened = params.get('claim')?.slice(0, 100) ?? null;
    if (S.page === 'claims') load();
  },
  write(params) {
    if (S.page !== 'claims') return;
    if (chosen.paper) params.set('paper', chosen.paper);
    if (chosen.verdict != null) params.set('verdict', chosen.verdict);
    if (opened) params.set('claim', opened);
  },
  draw() {},
  resume: load,
  returned: () => S.page === 'claims' && load(),
};
