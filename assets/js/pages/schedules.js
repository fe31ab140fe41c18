// The Schedules page: what is pasted, on one axis of noise.  The question is `asked`, the answer `told`;
// whatever a person does changes the question, and the newest answer alone is drawn.

import { call, newest } from '../net.js';
import { gesture } from '../gestures/gesture.js';
import { copy } from '../help.js';
import { $, S, clamp, set } from '../state.js';
import { T } from '../theme.js';
import { Figure } from '../schedules/figure.js';
import { pointing } from '../schedules/pointer.js';
import { pasteBox } from '../schedules/paste.js';
import { sorting, moved } from '../schedules/lists.js';
import { isCard, openCard } from '../leave/open.js';
import { dropping } from '../schedules/drop.js';
import { initData } from '../schedules/data.js';
import { offerFigure } from '../schedules/print.js';
import { initForm } from '../schedules/form.js';
import { rest } from '../schedules/numbers.js';
import { saveDrawing } from '../schedules/svg.js';
import { drawRecording, initRecording, recordedAt, send, showRecording } from '../recording/panel.js';
import * as link from '../schedules/link.js';
import * as panel from '../schedules/panel.js';

const TYPING = 250, // ms of rest after a key before the text is read
  SLOW = 200; // ms until the box says that it reads
const { FRESH } = link;
const UNDONE = ['text', 'packed', ...Object.keys(FRESH)]; // not the cursor, nor what is only looked at
const NOTHING = { text: '', packed: null, ...FRESH, copy: null, at: null, data: null };
let line = null, // see app.js
  asked = { ...NOTHING },
  told = null, // the newest answer that could be drawn
  shown = null,
  box = null,
  count = 0,
  late = null,
  owed = false, // a question that a server out of reach has not answered
  forget = () => {};

function init(given) {
  line = given;
  const fig = $('#sch-fig'),
    slider = $('#sch-cursor');
  shown = new Figure({ fig, rows: $('#sch-rows'), rulers: $('#sch-rulers'), slider }, () => T.stops);
  box = pasteBox($('.sch-paste'), { typed: rest(paste, TYPING), over: light });
  pointing({ fig, slider, figure: shown, moved: went, shift: slide, split: hand, fault: (i) => panel.pick(i) });
  sorting($('#sch-lists'), {
    order: (from, to) => change({ rows: moved(names(), from, to) }),
    gone: (k) => change({ rows: names().filter((_, i) => i !== k) }),
    chosen: (k) => went(shown.go({ row: k, step: 0, sigma: null })),
  });
  dropping([...document.querySelectorAll('[data-body="schedules"]')], {
    text: (found) => {
      if (S.page !== 'schedules' && !isCard(found)) line.open('schedules');
      paste(found);
    },
    problem,
    recording: (file) => {
      if (S.page !== 'schedules') line.open('schedules');
      return recorded(file);
    },
  });
  initRecording({ upload: given.upload, problem, beside: besides });
  initForm({ config: given.config, change, paste, box, asked: () => asked, told: () => told, mend, hand });
  panel.initPanel({
    go: (step) => went(shown.go({ step, sigma: null })),
    mend,
    undo,
    copied: (name) => keep({ copy: name }),
    light,
  });
  forget = initData(
    {
      question,
      told: () => told,
      data: () => asked.data ?? $('#sch-data').value,
      chosen: (data) => keep({ data }),
      measured,
      add: (name) => change({ rows: [...names().filter((n) => !n.startsWith('list:')), name] }),
      problem,
    },
    given.config.schedules.data,
  );
  $('#sch-save').onclick = () => saveDrawing(shown.sheets(), $('#sch-title').textContent);
  offerFigure({ told: () => told, asked: () => asked, question });
  $('#sch-open').onclick = openInExplore;
  $('#sch-problem button').onclick = () => problem(null);
}

const names = () => told.rows.map(({ name }) => name);

function problem(sentence) {
  $('#sch-problem').hidden = !sentence;
  $('#sch-problem span').textContent = sentence ?? '';
}

/** Another text: what was chosen for the one before does not belong to it. */
function paste(text, more = {}) {
  if (isCard(text)) return openCard(text, line.problem);
  gesture();
  asked = { ...asked, ...FRESH, at: null, text, packed: null, ...more };
  ask();
}

const sent = newest(send);

/** A recording: its levels are what is pasted, the rest stays on the server under its name. */
async function recorded(file) {
  const kept = await sent(file);
  if (kept) paste(kept.text, { recording: kept.digest });
}

function besides(digest) {
  gesture();
  keep({ beside: digest });
  return recording();
}

const recording = () => showRecording(asked.recording, asked.beside);

/** A part of the question anew. */
function change(fields) {
  gesture();
  asked = { ...asked, ...fields };
  return ask();
}

/** A part of what a link carries that asks nothing. */
function keep(fields) {
  asked = { ...asked, ...fields };
  line.address();
}

const question = () => {
  const { text, packed, ...chosen } = asked;
  return packed && !text ? { packed, ...chosen } : { text, ...chosen };
};

async function ask() {
  const mine = ++count;
  clearTimeout(late);
  late = setTimeout(() => $('.sch-paste').classList.add('reads'), SLOW);
  const first = await call('schedules', question(), 3),
    // a link that cannot be read opens the page as it is without one, and says why
    bare = !told && first.problem && !first.gone,
    news = bare ? await call('schedules', { text: '' }, 3) : first;
  if (mine !== count) return;
  clearTimeout(late);
  owed = Boolean(news.gone);
  $('.sch-paste').classList.remove('reads');
  if (!news.problem) receive(news);
  refuse(first.problem ?? null);
}

function refuse(sentence) {
  const held = $('#sch-refused');
  held.hidden = !sentence;
  held.textContent = sentence ? sentence + (told && !told.empty ? ' On show is the list before.' : '') : '';
  $('#sch-text').setAttribute('aria-invalid', String(Boolean(sentence)));
  if (sentence) document.body.dataset.schedules = 'refused';
}

function receive(news) {
  const before = told;
  told = { ...news, rows: panel.withNumbers(news), shares: null };
  if (news.axis.trained) told.axis = { ...news.axis, trained: news.axis.trained.map(Number) };
  if (news.shift?.comb) told.shift = { ...news.shift, comb: news.shift.comb.map(Number) };
  panel.keepShares(told, before);
  const mine = told.rows.find((r) => r.role === 'yours');
  if (!mine.shares || mine.stale) forget();
  asked = { ...asked, text: news.text ?? asked.text };
  box.show(news.shown?.text ?? asked.text, news.shown?.marks ?? news.marks);
  recording();
  write();
  placeCursor(before);
  line.address();
  document.body.dataset.schedules = news.empty ? 'empty' : 'read';
}

function placeCursor(before) {
  const mine = told.rows.findIndex((r) => r.role === 'yours'),
    { levels } = told.rows[mine];
  if (asked.at != null) {
    const at = String(asked.at);
    shown.go(
      at.startsWith('s')
        ? { row: mine, step: 0, sigma: +at.slice(1) || 1 }
        : { row: mine, step: clamp(+at || 0, 0, levels.length - 1), sigma: null },
    );
  } else if (!before || before.text !== told.text || before.empty) {
    const inside = levels.findIndex((s) => s <= 1);
    shown.go({ row: mine, step: inside < 0 ? 0 : inside, sigma: null });
  } else
    shown.go({ row: Math.min(shown.at.row, told.rows.length - 1), step: Math.min(shown.at.step, levels.length - 1) });
  went();
}

function write() {
  if (!told || S.page !== 'schedules') return;
  shown.draw(told);
  panel.write(told, asked, shown);
  drawRecording();
}

function went() {
  if (S.page !== 'schedules') return; // an answer that came after its page was left: drawn when it is back
  const { step, sigma, row } = shown.at;
  panel.cursor(told, shown);
  box.light(sigma == null && told.rows[row].role === 'yours' ? step : null);
  recordedAt(sigma ?? told.rows[row].levels[step]);
  if (told.rows[row].role === 'yours') asked.at = sigma == null ? step : `s${sigma.toPrecision(5)}`;
  line.address();
}

/** Hover on a mark of the text lights its step, and back. */
function light(step) {
  if (step == null) return shown.show();
  shown.show({ step, sigma: null });
  box.light(step);
}

// While it is dragged the comb slides by positions alone; the server says the rest, newest last.
function slide(alpha, done) {
  if (done || !slide.busy) {
    slide.busy = true;
    change({ shift: alpha }).finally(() => (slide.busy = false));
  }
}

function hand(step) {
  const mine = told.rows.find((r) => r.role === 'yours'),
    sigma = mine.levels[step];
  const inside = sigma > 0 && Number.isFinite(sigma) && step > 0 && step < mine.levels.length - 1;
  change({ split: inside ? +sigma.toPrecision(9) : null });
}

function mend(kind) {
  change({ mended: [...asked.mended, kind], at: null });
}

function undo(kind) {
  change({ mended: asked.mended.filter((k) => k !== kind), at: null });
}

// Shares of the lists that were run, each with the levels that it was run over.
function measured(lists, news) {
  for (const { name, share } of lists) {
    const row = told.rows.find((r) => r.name === name);
    if (!row || !share.length || row.levels.length !== news.of[name]?.length) continue;
    Object.assign(row, { shares: share, measured: news.of[name] });
    row.stale = row.levels.some((s, i) => s !== row.measured[i]);
  }
  told.measured = { status: news.status, note: news.note };
  write();
  went();
}

function openInExplore() {
  if (!told?.open) return;
  const { values, gone } = told.open;
  line.open('explore');
  set({ settling: true }); // the cursor goes to the worst step of this list
  line.use(values, (key) => gone.some((k) => key === k || key.startsWith(`${k}.`)));
  if (told.open.said) line.problem(told.open.said);
}

export const page = {
  name: 'schedules',
  keys: link.keys,
  init,
  fresh: (opens) => opens === 'schedules' && (asked = { ...NOTHING }),
  read(params) {
    asked = { ...asked, ...link.read(params) };
    if (S.page === 'schedules') ask();
  },
  write(params) {
    if (S.page === 'schedules') link.write(params, { ...asked, ...told?.link });
  },
  draw(all) {
    if (all) write();
  },
  keep: () => (told ? Object.fromEntries(UNDONE.map((key) => [key, asked[key]])) : null),
  back(kept) {
    asked = { ...asked, ...kept };
    ask();
  },
  resume() {
    if (told) {
      write();
      went();
    }
    if (owed || (!told && !count)) ask();
  },
  returned() {
    if (owed && S.page === 'schedules') ask();
  },
  get told() {
    return told;
  },
  copy,
};
