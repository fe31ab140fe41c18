// The Design page: Table 1 as curves, Eq. 8 for one image, configurations A to F.

import { call } from '../net.js';
import { $, $$, S } from '../state.js';
import { table } from '../design/table.js';
import { paint, target } from '../design/target.js';
import { ladder } from '../design/ladder.js';
import { formula } from '../design/formula.js';
import { openFigure } from '../leave/figure.js';
import { offer } from '../leave/menu.js';
import { ofDesign } from '../leave/parts.js';
import { presenting } from '../present/present.js';

const SECTIONS = { table, target, ladder };
let line = null, // see app.js
  section = 'table',
  told = {}, // what the server measured
  of = null, // for which data that was
  asks = 0;

function init(given) {
  line = given;
  $('#design-sections').onclick = (e) => choose(e.target.closest('button')?.dataset.section);
  $('#design-body').onclick = act;
  const print = () => openFigure(ofDesign(told.ladder?.sets ?? []));
  offer('design', { label: 'Figure…', group: 'Picture', order: 79, act: print });
  $('#design-problem button').onclick = () => problem(null);
}

function problem(sentence) {
  $('#design-problem').hidden = !sentence;
  $('#design-problem span').textContent = sentence ?? '';
}

function choose(name) {
  if (!name || name === section) return;
  section = name;
  line.address();
  write();
  $('#design-body').scrollTop = 0;
}

const dataNow = () => JSON.stringify(Object.entries(S.values).filter(([k]) => k.split('.')[0] === 'data'));

async function load() {
  const data = dataNow();
  if (of === data) return;
  const mine = ++asks;
  of = data;
  const news = await call('design', { values: S.values }, 3);
  if (mine !== asks) return;
  problem(news.problem ?? null);
  if (news.problem) {
    of = null; // the next visit asks again
    return;
  }
  told = news;
  write();
}

function write() {
  for (const b of $$('#design-sections button')) b.setAttribute('aria-pressed', b.dataset.section === section);
  if (!told.columns) return;
  $('#design-sections [data-section=ladder]').hidden = !told.ladder && section !== 'ladder';
  const shown = SECTIONS[section](told, $('#design-body').clientWidth);
  $('#design-title').innerHTML = formula(shown.title);
  $('#design-note').innerHTML = formula(shown.note);
  $('#design-body').innerHTML = shown.html;
  if (section === 'target') paint($('#design-body'), told.target);
}

// A cell goes into the view, or, where no sampler can take it, into the form of the Train page.
function act(e) {
  const b = e.target.closest('button[data-row], button[data-column], button[data-network]');
  if (!b || presenting()) return;
  if (b.dataset.network) return network(b.dataset);
  const column = told.columns.findIndex((c) => c.name === (b.dataset.of ?? b.dataset.column)),
    row = told.rows.find((r) => r.name === b.dataset.row);
  const values = row ? row.cells[column].use : told.columns[column].use;
  if (row?.where === 'train') {
    document.dispatchEvent(new CustomEvent('train-with', { detail: values }));
    line.open('train');
  } else use(values);
}

// What belongs to a slot that is set anew goes; the scaling is a cell of its own and stays.
function use(values) {
  const slots = Object.keys(values).filter((k) => !k.includes('.'));
  line.open('explore');
  line.use(values, (k) => slots.includes(k.split('.')[0]) && k !== 'schedule.scaling');
}

function network({ network: name }) {
  document.dispatchEvent(new CustomEvent('use-network', { detail: { name } }));
  line.open('explore');
}

export const page = {
  name: 'design',
  keys: ['section'],
  init,
  read(params) {
    if (Object.hasOwn(SECTIONS, params.get('section'))) section = params.get('section');
    if (S.page === 'design') write();
  },
  write(params) {
    if (S.page === 'design' && section !== 'table') params.set('section', section);
  },
  changed: () => S.page === 'design' && load(),
  draw(all) {
    if (all) write();
  },
  resume: load,
  returned: () => S.page === 'design' && load(),
};
