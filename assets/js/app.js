// One user action is one straight line: control -> request -> message -> parts -> drawings.

import { $, $$, S, change, plotly, receive, scripts, set } from './state.js';
import { LOST, OFFLINE, call, connect, views } from './net.js';
import { readTheme } from './theme.js';
import { flat, initControls, writeControls, writeWords } from './controls/controls.js';
import { drawSpine, paintSpine } from './strips/spine.js';
import { initSpine } from './strips/pointer.js';
import { initPin, pinQuery, pinSentence, renewPin, restorePin } from './pin.js';
import { initSave } from './save.js';
import { initLessons } from './lessons.js';
import { endLoader } from './loader.js';
import { initUpload } from './controls/upload.js';
import { aim, drawScrubber, drawTable, go, initCursor, paintCursor, play, playOnce, worstLevel } from './cursor.js';
import { whenResized } from './draw/canvas.js';
import { drawStage, initStage, paintStage } from './stage/stage.js';
import { drawMini, paintMini } from './shelf/shelf.js';
import { copy } from './help.js';
import {
  COMPARE_KEYS,
  begin,
  drawCompare,
  initCompare,
  readCompare,
  resumeCompare,
  writeCompare,
} from './pages/compare.js';
import { initNetworks } from './controls/networks.js';
import { amedChanged, drawAmed, initAmed } from './pages/amed.js';
import { initOptimise } from './controls/optimise.js';
import { drawTrain, initTrain, trainChanged } from './pages/train.js';

// Gradio keeps `page` and `view` for itself, so the links say `tab` and `stage`.
const VIEW_KEYS = ['tab', 'stage', 'sigma', 'what', 'view', 'measure', 'weight', 'design', 'pick', 'mini', 'pin'];
const REST = window.explorerRest ?? 600; // ms without a change before the exact reference is asked for
const page = crypto.randomUUID?.() ?? String(Math.random());
let config = null,
  query = '';
const times = []; // slider-to-pixels, for the bench

// ---- asking ---------------------------------------------------------------------------------------

let shown = 0;
const asker = views({
  page,
  rest: REST,
  busy,
  rests: (yes) => (yes ? (document.body.dataset.resting = '1') : delete document.body.dataset.resting),
  show,
  stopped: cancelled,
  lost,
});
const ask = asker.ask;

// A request that the reader stopped, and not a newer one: what is on show stays, and says so.
function cancelled() {
  if (!S.parts.run || S.parts.error) return;
  receive(S.parts, { error: { why: 'Cancelled. Change a setting to measure again.' } });
  drawAll(false);
}

// The server has not answered, or (null) is back: the picture below is not of the settings.
function lost(sentence) {
  const said = $('#problem-text').textContent;
  if (sentence) problem(sentence);
  else if ([LOST, OFFLINE].includes(said)) problem(null);
}

let slow = null,
  open = 0;
function busy(flying) {
  open = flying;
  document.body.dataset.asking = flying || '';
  clearInterval(slow);
  $('#progress').hidden = true;
  if (!flying) return;
  const started = performance.now();
  slow = setInterval(async () => {
    if (performance.now() - started < 700 || !open) return;
    const p = await call('progress', page);
    if (!open || p.gone) return;
    $('#progress').hidden = false;
    $('#progress').classList.toggle('small', p.what !== 'Sampling'); // the picture is there already
    $('#progress-text').textContent = p.total ? `${p.what}: ${p.done} of ${p.total}` : 'Working …';
    $('#progress progress').value = p.total ? p.done / p.total : 0;
  }, 300);
}

// ---- showing --------------------------------------------------------------------------------------

// `overtaken`: a newer question is asked or waits, so the controls are ahead of this answer.
// `held`: the parts on show before it.
function show(message, { since, keep, exact, overtaken, held }) {
  if (message.problem) return problem(message.problem, message);
  if (!keep && !exact) problem(null);
  const first = !held.run,
    before = held.data?.key;
  set({ values: overtaken ? S.values : message.values, predictors: message.predictors ?? [] });
  query = message.query;
  if (!overtaken) {
    writeControls();
    renewPin();
  }
  writeWords(message.words);
  if (S.parts.data.key !== before && before) {
    set({ picked: false, pick: 0 });
    if (S.view !== 'draw' || S.parts.data.kind !== 'plane') set({ view: S.view === 'strip' ? 'strip' : 'fit' });
  }
  if (S.values.data !== 'drawn' && S.view === 'draw') set({ view: 'fit' });
  if (!S.picked) set({ pick: S.parts.path?.hero ?? 0 });
  if (first) settleCursor();
  if (S.sigma != null) set({ sigma: Math.min(Math.max(S.sigma, 1e-9), S.parts.run.sigma[0]) });
  drawAll(false);
  amedChanged();
  trainChanged();
  if (!exact) address(); // a refinement is the same view
  // a refinement is no answer to anything the reader did
  if (!exact)
    requestAnimationFrame(() =>
      setTimeout(() => {
        times.push(performance.now() - since);
        document.body.dataset.drawn = String(++shown);
      }, 0),
    );
  if (first) opened();
  else if (opening && message.parts.error) {
    opening = !message.parts.error.exact;
    aim(worstLevel());
  } // it is known better now
}

let opening = null; // until the reader acts, the cursor waits in the worst step
function settleCursor() {
  opening = S.sigma == null;
  if (S.sigma == null) set({ sigma: S.parts.error ? worstLevel() : S.parts.run.sigma[0] });
}
function opened() {
  document.body.classList.add('ready');
  setTimeout(() => endLoader(() => S.playing), 1000);
  if (opening && !location.search) playOnce();
  else if (opening) go(worstLevel());
}

function drawWords() {
  const { run, error } = S.parts;
  $('#title').textContent = error?.finding?.title ?? run.title;
  const pin = error?.finding ? pinSentence() : '';
  $('#subtitle').textContent = !error
    ? (run.first ?? 'Measuring the error …')
    : pin
      ? `${error.finding.blame} ${pin}`
      : (error.finding?.subtitle ?? error.why ?? '');
  const pieces = [...run.status];
  pieces[2] = error?.ends ?? '';
  $('#status').innerHTML = pieces
    .filter(Boolean)
    .map((p, i, all) => `<span class="${i === all.length - 1 ? 'right' : i === 3 ? 'opt' : ''}">${p}</span>`)
    .join('');
}

function drawAll(everything = true) {
  if (!S.parts.run) return;
  if (S.page === 'compare') return drawCompare();
  if (S.page === 'amed') return drawAmed();
  if (S.page === 'train') return drawTrain();
  drawWords();
  drawStage();
  drawSpine(everything);
  drawMini();
  drawTable();
  drawScrubber();
  paint();
}

function paint() {
  if (S.page !== 'explore') return;
  paintCursor();
  paintSpine();
  paintStage();
  paintMini();
}

// A sentence beside the figure; the last good picture stays.
function problem(sentence, message) {
  const bar = $('#problem');
  $(S.page === 'explore' ? '.boxes' : `.${S.page}`).append(bar); // where it can be seen
  bar.hidden = !sentence;
  $('#problem-text').textContent = sentence ?? '';
  if (message && !S.parts.run) {
    // a link with nonsense opens the default view
    set({ design: 'edm' });
    ask({ query: '' }, undefined, true);
  }
  if (sentence) document.body.dataset.drawn = String(++shown);
}

// ---- the address bar, undo ------------------------------------------------------------------------

let typing = null,
  history = [],
  current = null;

function viewQuery() {
  const params = new URLSearchParams(query);
  const plain = { what: 'x', view: 'fit', measure: 'bend', weight: 'edm', design: 'edm', mini: 'plane' };
  for (const [k, v] of Object.entries(plain)) if (S[k] !== v) params.set(k === 'view' ? 'stage' : k, S[k]);
  if (S.picked) params.set('pick', S.pick);
  if (pinQuery() != null) params.set('pin', pinQuery());
  if (S.page !== 'explore') params.set('tab', S.page);
  if (S.page === 'compare') writeCompare(params);
  if (S.sigma != null && !S.playing) params.set('sigma', String(+S.sigma.toPrecision(3)));
  return params.toString().replaceAll('%2C', ',');
}

function address() {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const next = viewQuery();
    window.history.replaceState(null, '', next ? `?${next}` : location.pathname);
    if (current != null && current !== query) {
      history.push(current);
      history = history.slice(-50);
    }
    current = query;
    $('#undo').disabled = !history.length;
  }, 250);
}

function readView() {
  const params = new URLSearchParams(location.search);
  const choices = {
    what: ['x', 'D', 'e'],
    view: ['fit', 'true', 'strip', 'draw'],
    measure: ['bend', 'kappa', 'angle', 'chord'],
    weight: ['edm', 'vp', 've', 'iddpm', 'raw'],
    mini: ['plane', 'space'],
    page: ['explore', 'train', 'amed', 'compare'],
    design: Object.keys(config.designs),
  };
  for (const [from, to] of [
    ['tab', 'page'],
    ['stage', 'view'],
  ])
    if (params.has(from)) params.set(to, params.get(from));
  for (const [k, known] of Object.entries(choices)) if (known.includes(params.get(k))) set({ [k]: params.get(k) });
  const sigma = +params.get('sigma'),
    pick = +params.get('pick');
  if (sigma > 0 && Number.isFinite(sigma)) set({ sigma });
  if (params.has('pick') && Number.isInteger(pick) && pick >= 0 && pick < 4096) set({ pick, picked: true });
  readCompare(params);
  for (const k of [...VIEW_KEYS, ...COMPARE_KEYS, 'page', 'trainer', '__theme']) params.delete(k);
  return params.toString();
}

// ---- start ----------------------------------------------------------------------------------------

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  document.body.classList.toggle('dark', name === 'dark');
  readTheme();
  $('#theme').setAttribute('aria-label', `Switch to ${name === 'dark' ? 'light' : 'dark'}`);
}

export async function start({ props, server: functions, upload }) {
  connect(functions, {
    changed: (gone) => {
      document.body.dataset.offline = gone ? '1' : '';
      asker.gone(gone);
    },
  });
  config = props.config;
  scripts.plotly = props.plotly;
  const remembered = localStorage.getItem('theme');
  setTheme(remembered ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
  initCompare(config, problem, address);
  const asks = readView(),
    pin = new URLSearchParams(location.search).get('pin');
  if (innerWidth < 720)
    $$('details.group').forEach((d) => {
      d.open = ['budget', 'solver'].includes(d.dataset.group);
    });
  else if (innerHeight < 1000) $('.group[data-group="data"]').open = innerHeight > 820;
  const moved = () => {
    opening = false;
    address();
  };
  const cursor = initCursor({ painted: paint, moved, edit: editSteps });
  initStage($('#box'));
  initSpine({
    go: (s) => {
      cursor.stop();
      go(s);
      moved();
    },
    hop: cursor.hop,
    redraw: () => {
      drawSpine(true);
      paint();
    },
    edit: editSteps,
  });
  initControls(config, {
    predicted: useView,
    changed: () => {
      opening = false;
      if (S.view === 'draw' && S.values.data !== 'drawn') set({ view: 'fit' });
      ask({ values: flat() });
    },
    settled: () => {},
  });
  initActions(upload);
  initTrain(config);
  initNetworks(upload, {
    problem,
    changed: () => {
      writeControls();
      ask({ values: flat() });
    },
  });
  initAmed(config, problem, useView);
  initOptimise(problem, editSteps);
  initPin({
    now: () => query,
    changed: () => {
      drawAll(false);
      address();
    },
  });
  initLessons();
  initSave(() => $(`.${S.page} h1`).textContent);
  showPage(S.page);
  $(`#what input[value=${S.what}]`).checked = true;
  if (config.draw === 'drawn') set({ view: 'draw' });
  await asker.first({ query: asks });
  if (pin != null) restorePin(pin).then((wrong) => wrong && problem(wrong));
  if (S.page !== 'explore') await plotly();
  drawAll();
  if (S.page === 'compare') resumeCompare();
  whenResized(() => S.page === 'explore' && drawAll());
  let timer;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => drawAll(), 60);
  }).observe($('.page'));
}

// Steps moved or added by hand are a typed list from then on.
function editSteps(levels) {
  change({ timesteps: 'custom', 'timesteps.levels': levels }, (k) => k.startsWith('timesteps'));
  writeControls();
  ask({ values: flat() });
}

// A whole view at once, such as the one that a predictor was trained for.
function useView(values) {
  change(values, (k) => /^(solver|timesteps|schedule)\./.test(k));
  writeControls();
  ask({ values: flat() });
}

function showPage(name) {
  set({ page: name });
  document.documentElement.dataset.page = name;
  $$('.tabs button').forEach((b) =>
    b.dataset.page === name ? b.setAttribute('aria-current', 'page') : b.removeAttribute('aria-current'),
  );
  if (S.playing) play(false);
  if (S.parts.run) {
    drawAll();
    address();
  }
  if (name === 'compare' && S.parts.run) resumeCompare();
  if (name !== 'explore') plotly().then(() => S.parts.run && drawAll());
}

function initActions(upload) {
  $('.tabs').onclick = (e) => {
    const b = e.target.closest('button');
    if (b) showPage(b.dataset.page);
  };
  $('#theme').onclick = () => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('theme', next);
    setTheme(next);
    drawAll();
  };
  $('#copy').onclick = (e) => {
    const next = viewQuery();
    window.history.replaceState(null, '', next ? `?${next}` : location.pathname);
    copy(location.href, e.currentTarget);
  };
  $('#undo').onclick = () => {
    const back = history.pop();
    if (back == null) return;
    current = null;
    query = back;
    ask({ query: back });
  };
  $('#cancel').onclick = () => {
    asker.cancel();
  };
  $('#problem button').onclick = () => problem(null);
  $('#what').addEventListener('change', (e) => {
    set({ what: e.target.value });
    drawStage();
    drawMini();
    paint();
    address();
  });
  document.addEventListener('view', () => {
    drawStage();
    drawMini();
    paint();
    address();
  });
  document.addEventListener('pick', () => {
    set({ picked: true });
    drawStage();
    drawMini();
    paint();
    address();
  });
  document.addEventListener('click', (e) => {
    // a claim that can be tried at once
    const button = e.target.closest('[data-set]');
    if (button) {
      change(JSON.parse(button.dataset.set));
      writeControls();
      ask({ values: flat() });
    }
  });
  document.addEventListener('drawn', (e) => {
    change({ 'data.points_text': e.detail.text });
    ask({ values: flat() });
  });
  $('#resample').addEventListener('change', async (e) => {
    const answer = await call('reshape', { levels: S.values['timesteps.levels'], count: Number(e.target.value) });
    if (answer.problem) return problem(answer.problem);
    editSteps(answer.levels);
  });
  $('#see-churn').onclick = (e) => {
    e.preventDefault();
    begin('churn');
    showPage('compare');
  };
  $('#draw').onclick = () => {
    set({ view: S.view === 'draw' ? 'fit' : 'draw' });
    drawStage();
    paint();
    address();
  };
  initUpload(upload, problem, (digest) => {
    change({ 'data.digest': digest });
    ask({ values: flat() });
  });
  window.explorer = { S, times, go, play, ask: (values) => ask({ values: { ...flat(), ...values } }) };
}
