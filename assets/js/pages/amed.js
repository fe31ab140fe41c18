// The AMED page: a training that is drawn while it runs, and one step of a path with r and c at hand.

import { copy, lines } from '../help.js';
import { job } from '../job.js';
import { call } from '../net.js';
import { $, S } from '../state.js';
import { number } from '../numbers.js';
import { how, nfe, request, student, usual } from '../amed/form.js';
import { drawStep } from '../amed/picture.js';
import { cells, heads, table } from '../amed/show.js';
import { plot } from '../draw/figure.js';
import { standing } from '../amed/standing.js';

const POLL = 200,
  LOOK = 1500; // ms between looks at the job; between pictures of what it has learned
let line = null; // see app.js
const work = job({ pause: POLL });
let trained = null,
  shown = null, // the name of the newest training; its newest answer
  trainings = 0; // that have ended, or paused
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
  $('#amed-student').addEventListener('change', () => {
    usual(recipes);
    refresh();
  });
  $('#amed-nfe').addEventListener('change', () => {
    step = 1;
    refresh();
  });
  $('#amed-paper').onclick = () => usual(recipes, 'paper');
  $('#amed-here').onclick = () => usual(recipes);
  $('#amed-train').onclick = () => begin('train', { how: how() });
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
  $('#amed-middle').onclick = () => hand(0.5, 1);
  $('#amed-parallel').onclick = () => picture && hand(picture.best.r[picture.pick], picture.best.c[picture.pick]);
  $('#amed-learned').onclick = () =>
    picture?.learned && hand(picture.learned.r[picture.pick], picture.learned.c[picture.pick]);
  const names = Object.keys(line.config.amed.quoted);
  $('#amed-quoted').replaceChildren(...names.map((n) => new Option(n, n)));
  $('#amed-quoted').addEventListener('change', drawQuoted);
  drawQuoted();
  usual(recipes);
}

// ---- training -------------------------------------------------------------------------------------

async function begin(kind, what) {
  line.problem(null);
  let looked = 0;
  const hear = (news) => {
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
  const news = await work.run({ kind, ...request(), ...what }, hear, (name) => begun(kind, name));
  if (!news) return;
  if (!news.done || (news.problem && !news.table)) return complain(news.problem);
  hear(news);
  $('#amed-progress').hidden = !news.problem;
  $('#amed-cancel').hidden = true;
  $('#amed-resume').hidden = !(news.problem && kind === 'train');
  if (kind === 'train') trainings += 1;
  document.body.dataset.trained = String(+(document.body.dataset.trained ?? 0) + 1);
}

// What a table speaks of: the view, and the predictor just trained.
const about = () => JSON.stringify([wanted, trained, trainings]);

function begun(kind, name) {
  if (kind === 'train') {
    trained = name;
    showView('learn');
    $('#amed-use').hidden = true;
  }
  progress({ count: 0, total: 1 });
  $('#amed-progress span').textContent = kind === 'train' ? 'Following the exact paths …' : 'Following the reference …';
  $('#amed-resume').hidden = true;
}

function progress({ done, count, total, waiting, problem: trouble }) {
  const bar = $('#amed-progress progress');
  $('#amed-progress').hidden = bar.hidden = $('#amed-cancel').hidden = false;
  bar.value = done ? 1 : count / Math.max(total, 1);
  $('#amed-progress span').textContent = trouble ?? waiting ?? `${count} of ${total}`;
}

// The Explore page's notice is out of sight here: a problem is said in the page's own line.
function complain(sentence) {
  line.problem(sentence);
  $('#amed-progress').hidden = false;
  $('#amed-progress progress').hidden = true;
  $('#amed-cancel').hidden = true;
  $('#amed-progress span').textContent = sentence;
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
  if (wanted) {
    tabled = null;
  }
  wanted = now;
  refresh(true);
}

async function refresh(planes = false) {
  if (S.page !== 'amed' || !Object.keys(S.values).length) return;
  const id = ++asked;
  const [found, plane] = await Promise.all([
    call('amed_picture', { ...request(), step, pick, ...(trained ? { job: trained } : {}) }, 2),
    planes || !drawn.plane ? call('amed_picture', { ...request(), plane: true }, 2) : null,
  ]);
  if (id !== asked) return;
  if (plane && !plane.gone) drawn.plane = plane.problem ? { why: plane.problem } : plane;
  if (found.gone) return complain(found.problem);
  if (found.problem && trained) {
    trained = null;
    return refresh(planes);
  } // the job is gone
  if (found.problem && step) {
    step = 0;
    return refresh(planes);
  }
  if (found.problem) complain(found.problem);
  else picture = found;
  draw();
}

const drawn = { plane: null };

// (r, c) by hand.
function hand(r, c) {
  $('#amed-r').value = r;
  $('#amed-c').value = c;
  drawStep(picture);
}

// ---- drawing --------------------------------------------------------------------------------------

function showView(name) {
  view = name;
  $('#amed-learn').hidden = name !== 'learn';
  $('#amed-tables').hidden = name !== 'table';
  $('#amed-table').textContent = name === 'table' ? 'Back' : 'Table';
  draw();
}

function drawQuoted() {
  const rows = line.config.amed.quoted[$('#amed-quoted').value];
  $('#amed-quoted-head').innerHTML = heads(['FID at NFE', 3, 5, 7, 9]);
  $('#amed-quoted-rows').innerHTML = rows.map(cells).join('');
}

function drawPage() {
  if (S.page === 'amed') standing();
  changed();
  draw();
}

function listSteps() {
  const options = Array.from(
    { length: picture.steps },
    (_, i) => new Option(`step ${i + 1}: σ ${number(picture.levels[i])} → ${number(picture.levels[i + 1])}`, i),
  );
  $('#amed-step').replaceChildren(...options);
  $('#amed-step').value = picture.step;
}

function draw() {
  if (S.page !== 'amed') return;
  const news = view === 'table' ? tabled : shown;
  $('#amed-title').textContent = news?.title ?? 'Learn where to look and how far to go';
  if (news?.note) $('#amed-note').textContent = news.note;
  if (view === 'table') {
    table('#amed-table', tabled);
    return;
  }
  $('#amed-learn').classList.toggle('idle', !shown);
  plot(
    '#fig-amed-learning',
    shown?.figure,
    'Train: the error on held-out seeds falls here,<br>the loss of each step below it.',
  );
  plot('#fig-amed-choices', shown?.choices, 'Where each step looks (r) and how far it goes (c).');
  table('#amed', shown);
  table('#amed-stages', shown?.stages);
  plot('#fig-amed-plane', drawn.plane?.figure, drawn.plane?.why ?? 'Measuring …');
  $('#amed-plane-say').textContent = drawn.plane?.words ?? '';
  if (picture) listSteps();
  drawStep(picture);
}

export const page = { name: 'amed', plotly: true, init, draw: drawPage, changed };
