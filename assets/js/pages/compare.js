// The Compare page: long measurements that are drawn while they run and can be stopped.

import { copy, lines } from '../help.js';
import { job } from '../job.js';
import { call } from '../net.js';
import { $, $$, S } from '../state.js';
import { short } from '../numbers.js';
import { plot, ready } from '../draw/figure.js';
import { themed } from '../theme.js';
import { withPictures } from '../draw/pictures.js';
import * as edits from './compare_edit.js';
import { known, markKind, wireKinds } from './compare_kinds.js';

const POLL = 180;
const AXES = ['#compare-up', '#compare-across']; // of a map of two settings
const NARROW = 560; // pixels below which a figure has no room for names at its side
let line = null, // see app.js
  usual = null, // of a sweep that nobody has chosen: its solvers and budgets
  shown = null,
  kind = null;
let measured = null; // the settings that the newest measurement is of
// What ships with its numbers is there at once, in place of a job; `anew` measures it here.
const start = async (request) => {
  const kept = request.kind === 'ablation' && !request.anew ? await call('ablation_record', request) : {};
  return kept.figure || kept.problem ? kept : call('job_start', request);
};
const work = job({ pause: POLL, start });
const chosen = new Set();

function init(given) {
  line = given;
  usual = line.config.compare;
  for (const name of usual.solvers) chosen.add(name);
  $('#compare-budgets').value = usual.budgets.join(', ');
  wireChoices(line.config.entries);
  wireKinds(begin);
  $('#compare-run').onclick = () => begin('sweep');
  for (const axis of AXES) $(axis).onchange = () => begin('heat');
  edits.init(() => begin('edit'));
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
  mark();
}

function wireChoices({ solver, timesteps }) {
  $('#compare-solvers').innerHTML = Object.entries(solver)
    .filter(([, s]) => !s.makes_noise)
    .map(
      ([name, s]) =>
        `<button data-name="${name}" aria-pressed="${chosen.has(name)}" title="${s.about}">${s.label}</button>`,
    )
    .join('');
  $('#compare-solvers').onclick = (e) => {
    const b = e.target.closest('button');
    if (!b) return;
    chosen.has(b.dataset.name) ? chosen.delete(b.dataset.name) : chosen.add(b.dataset.name);
    b.setAttribute('aria-pressed', chosen.has(b.dataset.name));
    line.address();
  };
  const grids = $('#compare-grids'),
    range = 'over the range of the settings; none pressed: the steps of the settings';
  const button = (name, { label, short: said }) =>
    `<button data-name="${name}" aria-pressed="false" title="${label}, ${range}">${said}</button>`;
  grids.innerHTML =
    '<span>Time steps</span>' +
    Object.entries(timesteps)
      .filter(([name]) => name !== 'custom')
      .map((entry) => button(...entry))
      .join('');
  grids.onclick = (e) => {
    const b = e.target.closest('button');
    if (!b) return;
    b.setAttribute('aria-pressed', b.getAttribute('aria-pressed') !== 'true');
    line.address();
  };
  $('#compare-budgets').addEventListener('change', () => line.address());
}

const axes = () => AXES.map((axis) => $(axis).value);
const pressed = () => $$('#compare-grids [aria-pressed=true]').map((b) => b.dataset.name);

// ---- the link: what is compared, where it differs from the default ---------------------------------

function write(params) {
  if (S.page !== 'compare') return;
  const names = [...$$('#compare-solvers button')].map((b) => b.dataset.name).filter((n) => chosen.has(n));
  const budgets = $('#compare-budgets').value.replace(/\s+/g, '');
  if (kind) params.set('compare', kind);
  if (names.length !== usual.solvers.length || !usual.solvers.every((n) => chosen.has(n)))
    params.set('solvers', names.join());
  if (kind === 'heat') params.set('axes', axes().join());
  if (kind === 'edit') edits.write(params);
  if (pressed().length) params.set('grids', pressed().join());
  if (budgets !== usual.budgets.join()) params.set('budgets', budgets);
}

// Restores the choices; `resume` measures once the settings are there.
function read(params) {
  if (params.has('solvers')) {
    const known = params
      .get('solvers')
      .split(',')
      .filter((n) => $(`#compare-solvers button[data-name="${CSS.escape(n)}"]`));
    chosen.clear();
    known.forEach((n) => chosen.add(n));
    $$('#compare-solvers button').forEach((b) => b.setAttribute('aria-pressed', chosen.has(b.dataset.name)));
  }
  const grids = (params.get('grids') ?? '').split(',');
  $$('#compare-grids button').forEach((b) => b.setAttribute('aria-pressed', grids.includes(b.dataset.name)));
  if (params.has('budgets')) $('#compare-budgets').value = params.get('budgets').slice(0, 200).replaceAll(',', ', ');
  const pair = (params.get('axes') ?? '').split(',');
  AXES.forEach((axis, i) => {
    if ([...$(axis).options].some((o) => o.value === pair[i])) $(axis).value = pair[i];
  });
  edits.read(params);
  if (known(params.get('compare'))) kind = params.get('compare');
}

// The page as a link has it; without one the sweep, unless it would cost a network's time.
function resume() {
  if (kind && measured == null) begin(kind);
  else if (!kind && S.values.model !== 'network') begin('sweep');
}

// Which measurement is on show; what only the sweep uses is there for the sweep.
function mark() {
  markKind(kind);
  $('#compare-choose').hidden = Boolean(kind) && kind !== 'sweep';
  $('#compare-axes').hidden = kind !== 'heat';
  $('#compare-edits').hidden = kind !== 'edit';
  $('#compare-record').hidden = kind !== 'ablation';
}

async function begin(name, anew = false) {
  const before = [kind, measured];
  kind = name;
  measured = settings();
  mark();
  line.problem(null);
  line.address();
  const what =
    name === 'heat'
      ? { axes: axes() }
      : name === 'edit'
        ? edits.asked()
        : name === 'sweep'
          ? { solvers: [...chosen], grids: pressed(), budgets: $('#compare-budgets').value }
          : { anew };
  const news = await work.run({ kind: name, values: S.values, ...what }, hear);
  if (!news) return;
  if (news.problem && !news.figure) {
    [kind, measured] = before; // what is on show is what was measured before
    mark();
    line.address();
    line.problem(news.problem);
  } else hear(news);
  draw();
  $('#compare-progress').hidden = !shown?.problem;
  $('#compare-cancel').hidden = true;
  setTimeout(() => {
    $('#compare-cancel').hidden = false;
  }, 0);
}

function hear(news) {
  shown = news;
  $('#compare-progress').hidden = false;
  $('#compare-progress progress').value = news.done ? 1 : news.count / Math.max(news.total, 1);
  $('#compare-progress span').textContent = news.problem ?? news.waiting ?? `${news.count} of ${news.total}`;
  draw();
}

// The settings that a measurement depends on, as text: the sweep has budgets and solvers of its own.
function settings() {
  const own = ['sweep', 'local'].includes(kind) ? ['nfe'] : [];
  return JSON.stringify(
    Object.entries(S.values)
      .filter(([k]) => !own.includes(k))
      .sort(),
  );
}

function draw() {
  const old = Boolean(shown?.figure) && measured !== settings();
  $('#compare-stale').hidden = !old || work.running();
  $('.results').classList.toggle('old', old && !work.running());
  const box = ready('#fig-compare');
  if (!box) return;
  $('#compare-title').textContent = shown?.title ?? 'Which solver, at which budget?';
  if (shown?.note) $('#compare-note').textContent = shown.note;
  drawFigure(box);
  writeTable(shown?.columns ?? [], shown?.table ?? [], shown?.beside ?? []);
  $('#compare-copy').hidden = !shown?.exact;
}

function drawFigure(box) {
  const meta = shown?.figure?.layout.meta,
    narrow = box.clientWidth < NARROW ? meta?.narrow : null;
  $('#compare-names').innerHTML = narrow
    ? (meta.names ?? []).map(([name, colour]) => `<span style="color:${themed(colour)}">${name}</span>`).join('')
    : '';
  box.style.height = narrow?.height && innerWidth < 720 ? `${narrow.height}px` : '';
  plot('#fig-compare', shown?.figure, words(), (layout) => {
    const made = { ...layout, ...themed(narrow ?? {}), title: { text: '' }, height: layout.height };
    const { t = 0, b = 0 } = made.margin ?? {};
    return withPictures({ ...made, annotations: apart(made.annotations ?? [], made.height - t - b) });
  });
}

// A column without a name holds a remark about the row: it goes below the row's name.  beside: what stands
// small below each value.
function writeTable(columns, rows, beside) {
  const aside = columns.indexOf('', 1),
    kept = columns.map((_, i) => i).filter((i) => i !== aside);
  const cell = (row, i, r) => {
    const below = beside[r]?.[i] ? ` <small>${beside[r][i]}</small>` : '';
    if (i) return `<td>${typeof row[i] === 'number' ? short(row[i]) : bracketed(row[i] ?? '–')}${below}</td>`;
    const note = aside > 0 && row[aside] ? `<small title="${row[aside]}">${row[aside]}</small>` : '';
    return `<td>${row[0]}${note}</td>`;
  };
  $('.results thead').innerHTML = columns.length
    ? `<tr>${kept.map((i) => `<th scope="col">${columns[i]}</th>`).join('')}</tr>`
    : '';
  $('#compare-rows').innerHTML = rows.map((row, r) => `<tr>${kept.map((i) => cell(row, i, r)).join('')}</tr>`).join('');
}

// An interval goes below its value: “0.04 (0.01 – 0.07)”.
const bracketed = (text) => text.replace(/ (\([^()]*\))$/, ' <small>$1</small>');

// Names at the right of their curves, made for a figure of one height, on one of another.
function apart(notes, pixels) {
  const gap = 14 / Math.max(pixels, 1),
    names = notes.filter((a) => a.xref === 'paper' && a.x === 1.01).sort((a, b) => a.y - b.y);
  for (let i = 1; i < names.length; i++) names[i].y = Math.max(names[i].y, names[i - 1].y + gap);
  const over = names.length ? Math.max(0, names.at(-1).y - 1) : 0;
  for (let i = names.length - 1; i >= 0; i--)
    names[i].y = Math.min(names[i].y, i === names.length - 1 ? names[i].y - over : names[i + 1].y - gap);
  return notes;
}

const words = () =>
  work.running()
    ? 'Measuring …'
    : 'Choose solvers and run the sweep.<br>Curves appear as they are measured;<br>Cancel keeps what is there.';

export const page = {
  name: 'compare',
  plotly: true,
  keys: ['compare', 'solvers', 'grids', 'budgets', 'axes', ...edits.keys],
  init,
  read,
  write,
  draw,
  resume,
};
