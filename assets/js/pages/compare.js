// The Compare page: long measurements that are drawn while they run and can be stopped.

import { copy, lines } from '../help.js';
import { job } from '../job.js';
import { call } from '../net.js';
import { gesture } from '../gestures/gesture.js';
import { $, S } from '../state.js';
import { ready } from '../draw/figure.js';
import { drawFigure } from './compare_figure.js';
import * as budgets from './compare_budgets.js';
import * as rows from './compare_rows.js';
import * as learn from './compare_learn.js';
import { writeTable } from './compare_table.js';
import * as offers from './compare_offers.js';
import { known, markKind, wireKinds } from './compare_kinds.js';
import * as choices from './compare_choices.js';
import * as along from './compare_along.js';
import { initStudyLeaves } from '../leave/study.js';
import * as engines from '../compare/engines.js';
import * as card from '../compare/of_card.js';
import * as forest from '../compare/forest.js';
import * as views from '../compare/views.js';
import '../compare/all.js';

let line = null, // see app.js
  shown = null,
  kind = null,
  opened = false,
  answered = false, // the server, once at least
  awaited = false, // another link was read, whose settings are on their way
  busy = false; // from the press of a button to the last news
let measured = null; // the settings that the newest measurement is of
// What ships with its numbers is there at once, in place of a job; `anew` measures it here.
const start = async (request) => {
  const kept = request.kind === 'ablation' && !request.anew ? await call('ablation_record', request) : {};
  return kept.figure || kept.problem ? kept : call('job_start', request);
};
const work = job({ pause: 180, start });
const results = new Map(); // what was asked -> its newest result, for Undo

function init(given) {
  line = given;
  choices.init(line.config, line.address);
  wireKinds(press);
  views.init(line, look);
  $('#compare-run').onclick = () => press('sweep');
  rows.init(begin);
  learn.init(() => begin('foundry'));
  offers.init(line);
  forest.init(line, moved);
  initStudyLeaves(() => views.current()?.study?.() ?? { result: shown, of: measured, kind });
  $('#compare-train').onclick = () => begin('ablation', true);
  $('#compare-again').onclick = () => begin(kind);
  $('#compare-cancel').onclick = work.cancel;
  $('#compare-copy').onclick = (e) => copy(lines(shown.exact), e.target);
  for (const [link, name] of [
    ['#see-churn', 'churn'],
    ['#see-ablations', 'ablation'],
  ])
    $(link).onclick = (e) => {
      e.preventDefault();
      begin(name);
      line.open('compare');
    };
  card.init(line, page.keys, (name) => known(name) || Boolean(views.find(name)));
  mark();
}

const pressed = choices.grids;

// ---- the link: what is compared, where it differs from the default ---------------------------------

function write(params) {
  if (S.page !== 'compare') return;
  if (views.current()) {
    params.set('compare', views.current().name);
    views.current().write?.(params);
    return;
  }
  if (kind) params.set('compare', kind);
  choices.write(params);
  rows.write(params, kind);
  if (kind === 'sweep') forest.write(params);
  if (kind === 'foundry') learn.write(params);
}

// Restores the choices; `resume` measures once the settings are there.
function read(params) {
  rows.read(params);
  forest.read(params);
  learn.read(params);
  choices.read(params);
  const asked = params.get('compare'),
    view = views.find(asked);
  if (known(asked)) kind = asked;
  view?.read?.(params);
  views.show(view?.name ?? null);
}

// The page as a link has it; without one the sweep, unless it would cost a network's time.
function resume() {
  if (awaited) return;
  opened = true;
  if (views.current()) views.current().open?.(line);
  else if (kind && measured == null) begin(kind);
  else if (!kind && S.values.model !== 'network') begin('sweep');
}

// Another view of the bar; what was measured in the one that is left stays.
function look(name) {
  gesture();
  views.show(name);
  line.address();
  resume();
  draw();
}

// Which measurement is on show; what only the sweep uses is there for the sweep.
function mark() {
  markKind(kind);
  $('#compare-choose').hidden = Boolean(kind) && kind !== 'sweep';
  rows.mark(kind);
  $('#compare-learn').hidden = kind !== 'foundry';
  $('#compare-record').hidden = kind !== 'ablation';
}

async function begin(name, anew = false) {
  const before = [kind, measured, shown];
  if (name !== kind) shown = null; // a result stands under the button that it answers
  kind = name;
  measured = settings();
  mark();
  views.show(null);
  busy = true;
  $('#compare-progress').hidden = false;
  $('#compare-progress span').textContent = 'starting …'; // not the count of the one before
  $('#compare-progress progress').value = 0;
  $('#compare-cancel').hidden = true;
  draw();
  line.problem(null);
  line.address();
  const mine = { asks: asks(), measured };
  const news = await work.run(
    engines.asked({ kind: name, values: S.values, ...asked(anew) }),
    (now) => heard(now, mine),
    () => {
      $('#compare-cancel').hidden = false;
    },
  );
  if (!news) return; // a newer one has taken its place
  busy = false;
  if (mine.asks !== asks())
    heard(news, mine); // Undo went elsewhere
  else if (news.problem && !news.figure) {
    [kind, measured, shown] = before; // what is on show is what was measured before
    mark();
    line.address();
    line.problem(news.problem);
  } else heard(news, mine);
  draw();
  $('#compare-progress').hidden = !shown?.problem;
  $('#compare-cancel').hidden = true;
}

// What is asked, beside the settings.
const asked = (anew = false) =>
  ({
    ...rows.asked,
    foundry: learn.asked,
    sweep: () => ({ solvers: choices.solvers(), grids: pressed(), budgets: budgets.text(), ...along.asked() }),
  })[kind]?.() ?? { anew };
const asks = () => JSON.stringify([kind, kind === 'sweep' ? null : asked()]);

// A person presses the button of a measurement: one step of Undo, which measures nothing by itself.
function press(name) {
  gesture();
  begin(name);
}

function back({ kind: of, view, own, ...chosen }) {
  views.show(view);
  if (view) views.current()?.back?.(own);
  const before = asks();
  choices.back(chosen);
  kind = of;
  if (asks() !== before) {
    if (busy) work.cancel();
    ({ shown, measured } = results.get(asks()) ?? { shown: null, measured: '' });
  }
  mark();
  draw();
}

// A result is of what was asked for, though the choices have gone back meanwhile.
function heard(news, mine) {
  results.set(mine.asks, { shown: news, measured: mine.measured });
  if (mine.asks === asks()) hear(news);
}

function hear(news) {
  shown = news;
  $('#compare-progress').hidden = false;
  $('#compare-cancel').hidden = Boolean(news.done);
  $('#compare-progress progress').value = news.done ? 1 : news.count / Math.max(news.total, 1);
  $('#compare-progress span').textContent = news.problem ?? news.waiting ?? told(news);
  draw();
}

const told = ({ count, total, alone }) => `${count} of ${total}${alone ? `. ${alone}` : ''}`;

// The settings that a measurement depends on, as text: the sweep has solvers and values of its own.
function settings() {
  const own = { local: 'nfe', sweep: along.setting() }[kind];
  return JSON.stringify(
    Object.entries(S.values)
      .filter(([k]) => k !== own)
      .sort(),
  );
}

function draw() {
  if (views.current()) {
    views.current().draw?.();
    return;
  }
  choices.draw();
  const old = Boolean(shown?.figure) && measured !== settings();
  $('#compare-stale').hidden = !old || busy;
  $('.results').classList.toggle('old', old && !busy);
  forest.show(shown);
  const box = ready('#fig-compare');
  if (!box && !forest.tabled()) return;
  writeTitle();
  if (box) drawFigure(box, shown?.figure, busy, Boolean(forest.stop()));
  if (box) forest.placeLine();
  writeTable(shown);
  $('#compare-copy').hidden = !shown?.exact;
  offers.show(shown?.offers ?? []);
  $('.results').classList.toggle('remarks', Boolean(shown?.reasons)); // remarks that are to be read whole
}

// The line over the figure stands elsewhere, or the table has taken the figure's place, or left it.
function moved(elsewhere) {
  if (!elsewhere) return draw();
  line.address();
  forest.show(shown); // without a request
  writeTitle();
}

// Until something is found: what was asked.
function writeTitle() {
  const button = kind === 'sweep' ? null : $('.compare .runs [aria-pressed=true]');
  $('#compare-title').textContent =
    forest.stop()?.title ?? shown?.title ?? button?.textContent ?? 'Which solver, at which budget?';
  const note = shown?.note ?? (shown?.title ? null : button?.title);
  if (note) $('#compare-note').textContent = note;
}

// The first answer to a link that was read here: what it asks is measured.
function changed(_, first, overtaken) {
  answered = true;
  if (S.page !== 'compare' || (awaited && overtaken)) return; // of what was asked before the link
  views.current()?.changed?.(); // before it comes on show, which takes the link for heard
  if (!awaited) return;
  awaited = false;
  measured = null;
  resume();
}

export const page = {
  name: 'compare',
  plotly: true,
  keys: ['compare', ...choices.keys, ...rows.keys, ...learn.keys, ...forest.keys, ...views.keys()],
  init,
  read,
  write,
  draw,
  resume,
  keep: () =>
    opened
      ? {
          kind: kind ?? 'sweep',
          view: views.current()?.name ?? null,
          own: views.current()?.keep?.(),
          ...choices.keep(),
        }
      : null,
  back,
  fresh: (name) => {
    card.show(null);
    awaited = answered && name === 'compare';
  },
  changed,
  returned: () => S.page === 'compare' && measured == null && resume(),
};
