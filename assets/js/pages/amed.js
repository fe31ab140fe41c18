// The AMED page: a training that is drawn while it runs, and one step of a path with r and c at hand.

import { copy, lines } from '../help.js';
import { job } from '../job.js';
import { back, call } from '../net.js';
import { $, S } from '../state.js';
import { adopt, applies, how, nfe, request, student, usual } from '../amed/form.js';
import { keep as remind, kept } from '../amed/kept.js';
import { ask as askOpening, drawOpening, lasts, mark, opening, view as shippedView } from '../amed/opening.js';
import { drawStep, hand, listSteps } from '../amed/picture.js';
import { headline } from '../amed/headline.js';
import { instead, progress, said } from '../amed/progress.js';
import { initQuoted } from '../amed/quoted.js';
import { table } from '../amed/show.js';
import { plot } from '../draw/figure.js';
import { standing } from '../amed/standing.js';
import { AWAY, alive } from '../own/alive.js';
import { giveBack, lend, mount } from '../own/column.js';
import { undone } from '../own/undone.js';

const POLL = 200,
  LOOK = 1500; // ms between looks at the job; between pictures of what it has learned
let line = null, // see app.js
  form = null; // see undone.js
const work = job({ pause: POLL });
let trained = null,
  shown = null, // the name of the newest training; its newest answer
  trainings = 0, // that have ended, or paused
  of = null; // of what the training on show is
let view = 'learn',
  picture = null,
  asked = 0,
  tabled = null;
let pick = 0,
  step = 1,
  wanted = ''; // the second step is the first in which paths bend

function init(given) {
  line = given;
  const { recipes } = line.config.amed;
  mount('amed');
  form = undone('amed');
  $('#amed-student').addEventListener('change', () => {
    usual(recipes);
    again();
  });
  $('#amed-nfe').addEventListener('change', () => {
    step = 1;
    again();
  });
  $('[data-own][data-body="amed"]').addEventListener('change', () => told());
  for (const recipe of ['paper', 'here'])
    $(`#amed-${recipe}`).onclick = () => form.act(() => (usual(recipes, recipe), told()));
  $('#amed-train').onclick = async () => ((await alive()) ? begin('train', { how: how() }) : complain(AWAY));
  $('#amed-open').onclick = open;
  $('#amed-resume').onclick = () => begin('train', { resume: trained });
  $('#amed-cancel').onclick = work.cancel;
  $('#amed-use').onclick = keep;
  $('#amed-copy').onclick = (e) => tabled?.exact && copy(lines(tabled.exact), e.target);
  $('#amed-table').onclick = () => {
    if (view === 'table') return showView('learn');
    showView('table');
    if (!tabled || tabled.of !== about()) begin('table', trained ? { training: trained } : {});
  };
  $('#amed-step').addEventListener('change', (e) => {
    step = +e.target.value;
    refresh();
  });
  $('#amed-pick').onclick = () => {
    pick += 1;
    refresh();
  };
  for (const id of ['r', 'c']) $(`#amed-${id}`).addEventListener('input', () => drawStep(picture));
  $('#amed-middle').onclick = () => hand(picture, 0.5, 1);
  const at = (of) => of && hand(picture, of.r[picture.pick], of.c[picture.pick]);
  $('#amed-parallel').onclick = () => at(picture?.best);
  $('#amed-learned').onclick = () => at(picture?.learned);
  initQuoted(line.config.amed.quoted);
  usual(recipes);
  form.hold();
  told();
  found();
}

// Undo: the form as it was, and what hangs on it.
function takeBack(kept) {
  const [whom, budget] = [student(), nfe()];
  form.put(kept);
  told();
  if (student() !== whom || nfe() !== budget) again();
}

// The form has changed: what applies, how long it would take, and whether what is shown is of something else.
function told() {
  applies();
  $('#amed-time').textContent = lasts(how());
  const other = Boolean(shown) && of !== null && of !== mark();
  $('#amed-of').hidden = !other;
  $('#amed-of').textContent = other
    ? `Of the training before: ${shown.note.split(' Batch ')[0]} The form is another.`
    : '';
  $('#amed-learn').classList.toggle('past', other);
}

// Another student or budget: the picture of a step, and the record, are of another.
function again() {
  refresh();
  askOpening(draw);
}

async function open() {
  const answer = await shippedView();
  if (answer.problem) return complain(answer.problem);
  line.open('explore');
  line.use(answer.values);
}

// ---- training -------------------------------------------------------------------------------------

// What is heard of a training, or of a table that is measured.
function hearing(kind) {
  let looked = 0;
  return (news) => {
    progress(news);
    if (news.table && kind === 'train') {
      shown = news;
      $('#amed-use').hidden = !news.learned;
    } else if (news.table) tabled = { ...news, of: about() };
    if (news.table) draw();
    if (kind === 'train' && (news.done || performance.now() - looked > LOOK)) {
      looked = performance.now();
      refresh();
    }
  };
}

async function begin(kind, what) {
  line.problem(null);
  const hear = hearing(kind);
  const news = await work.run({ kind, ...request(), ...what }, hear, (name) => begun(kind, name));
  if (news) ended(kind, news, hear);
}

function ended(kind, news, hear) {
  if (!news.done || (news.problem && !news.table)) return complain(news.problem);
  hear(news);
  $('#amed-progress').hidden = !news.problem;
  $('#amed-cancel').hidden = true;
  $('#amed-resume').hidden = !(news.problem && kind === 'train');
  if (kind === 'train') trainings += 1;
  document.body.dataset.trained = String(+(document.body.dataset.trained ?? 0) + 1);
}

// A training that this browser began, before the page was loaded anew or in another tab.
async function found() {
  const before = kept();
  if (!before) return;
  const news = await call('job_poll', { job: before.job }, 3);
  if (trained || work.running()) return; // begun meanwhile
  if (news.gone) return back(3000).then(found);
  if (news.problem && !news.table) return remind(null); // it is over, and nothing of it is kept
  adopt(before);
  form.hold();
  trained = before.job;
  of = before.of;
  const hear = hearing('train'),
    last = await work.take(before.job, hear);
  if (last) ended('train', last, hear);
}

// What a table speaks of: the view, and the predictor just trained.
const about = () => JSON.stringify([wanted, trained, trainings]);

function begun(kind, name) {
  if (kind === 'train') {
    trained = name;
    shown = null;
    of = mark();
    remind({ job: name, student: student(), nfe: nfe(), how: how(), of });
    showView('learn');
    $('#amed-use').hidden = true;
  }
  progress({ count: 0, total: 1 });
  said(kind === 'train' ? 'Following the exact paths …' : 'Following the reference …');
  $('#amed-resume').hidden = true;
}

// The Explore page's notice is out of sight here: a problem is said in the page's own line.
function complain(sentence) {
  line.problem(sentence);
  instead(sentence);
}

async function keep() {
  const answer = await call('amed_keep', { job: trained });
  if (answer.problem) return complain(answer.problem);
  line.open('explore');
  line.use(answer.values);
}

// ---- one step ---------------------------------------------------------------------------------------

// The open view has changed, or the page has just been shown.
function changed() {
  const own = Object.fromEntries(
    Object.entries(S.values).filter(([k]) => /^(data|model|timesteps|seed)/.test(k) || k === 'solver.predictor'),
  );
  const now = JSON.stringify([own, student(), nfe()]);
  if (now === wanted || S.page !== 'amed') return;
  if (wanted) tabled = null;
  wanted = now;
  refresh(true);
  askOpening(draw);
}

async function refresh(planes = false) {
  if (S.page !== 'amed' || !Object.keys(S.values).length) return;
  const id = ++asked;
  drawn.owed ||= planes;
  const [found, plane] = await Promise.all([
    call('amed_picture', { ...request(), step, pick, ...(trained ? { job: trained } : {}) }, 2),
    drawn.owed ? call('amed_picture', { ...request(), plane: true }, 2) : null,
  ]);
  if (id !== asked) return; // who asks now asks for the plane too
  drawn.owed &&= plane.gone;
  if (plane && !plane.gone) drawn.plane = plane.problem ? { why: plane.problem } : plane;
  if (found.gone) {
    wanted = ''; // asked for again when the server is back, which the page's bar says
    return;
  }
  if (found.problem && trained) {
    trained = null;
    return refresh();
  } // the job is gone
  if (found.problem && step) {
    step = 0;
    return refresh();
  }
  picture = found.problem ? null : found; // one of other settings says nothing of these
  drawn.why = found.problem;
  draw();
}

const drawn = { plane: null, owed: true, why: '' }; // owed: the plane is to be asked for

// ---- drawing --------------------------------------------------------------------------------------

function showView(name) {
  view = name;
  $('#amed-learn').hidden = name !== 'learn';
  $('#amed-tables').hidden = name !== 'table';
  $('#amed-table').textContent = name === 'table' ? 'Back' : 'Table';
  draw();
}

function drawPage() {
  if (S.page !== 'amed') return; // the server is back for every page
  lend('amed');
  standing();
  changed();
  draw();
}

function draw() {
  if (S.page !== 'amed') return;
  told();
  headline({ view, shown, tabled, ships: opening.news, on: picture?.on });
  if (view === 'table') {
    table('#amed-table', tabled);
    return;
  }
  $('#amed-learning').hidden = $('#amed-choosing').hidden = !shown;
  $('#amed-learn').classList.toggle('mine', Boolean(shown));
  drawOpening();
  if (shown) plot('#fig-amed-learning', shown.figure, '');
  if (shown) plot('#fig-amed-choices', shown.choices, '');
  table('#amed', shown);
  table('#amed-stages', shown?.stages);
  plot('#fig-amed-plane', drawn.plane?.figure, drawn.plane?.why ?? 'Measuring …');
  $('#amed-plane-say').textContent = drawn.plane?.words ?? '';
  $('#amed-step').hidden = $('#amed-pick').hidden = !picture;
  if (picture) listSteps(picture);
  else {
    plot('#fig-amed-step', null, drawn.why || 'Measuring …');
    $('#amed-say').textContent = '';
  }
  drawStep(picture);
}

export const page = {
  name: 'amed',
  plotly: true,
  init,
  draw: drawPage,
  changed,
  keep: () => form.held(),
  back: takeBack,
  leave: giveBack,
  returned: drawPage,
};
