// The Explore page: headline, stage, the strips along σ, the shelf.

import { $, $$, S, change, listed, set } from '../state.js';
import { askFully, id } from '../answers.js';
import { call } from '../net.js';
import { writeControls } from '../controls/rows.js';
import { initOptimise } from '../controls/optimise.js';
import { answered, initAnswer, readAnswer, writeAnswer } from '../answer/answer.js';
import { initUpload } from '../controls/upload.js';
import { aim, drawScrubber, drawTable, go, initCursor, paintCursor, play, playOnce, worstLevel } from '../cursor.js';
import { initKeys } from '../gestures/keys.js';
import { measureNow, whenResized } from '../draw/canvas.js';
import { endLoader } from '../loader.js';
import { drawHeadline, initHeadline } from '../headline.js';
import { backPin, comparePin, initPin, keepPin, readPins, restorePins, unpin, writePins } from '../pin.js';
import { drawMini, paintMini } from '../shelf/shelf.js';
import { initApart, paintApart } from '../apart/panel.js';
import { drawStage, initStage, paintStage } from '../stage/stage.js';
import { closeSheet, drawDock, initDock } from '../phone/dock.js';
import { drawNear, initNear, paintNear } from '../phone/near.js';
import { initSpine } from '../strips/pointer.js';
import { drawSpine, paintSpine } from '../strips/spine.js';
import { initLayouts } from '../layouts.js';
import { knowStrips, plainChoices, readChoices, writeChoices } from '../strips/strips.js';
import { write as writeInto } from '../written.js';

let line = null,
  pin = null; // a link's pinned runs, until they are measured

function init(given) {
  line = given;
  knowStrips(line.config.explore.strips);
  foldGroups();
  const cursor = initCursor({ painted: paint, moved, insert: (step) => reshape(listed(), { insert: step }) });
  initStage($('#box'));
  const goTo = (s) => {
    cursor.stop();
    go(s);
    moved();
  };
  initDock();
  initNear(goTo);
  initKeys(cursor, goTo);
  initSpine({
    go: goTo,
    hop: cursor.hop,
    redraw: () => {
      drawSpine(true);
      paint();
    },
    edit: line.edit,
    moving: line.config.moving,
  });
  initOptimise(line.problem, line.edit);
  wirePins();
  initHeadline({
    ask: line.ask,
    looked,
    measure: () => {
      line.open('compare');
      $('#compare-distance').click();
    },
  });
  initUpload(line.upload, line.problem, (digest) => {
    change({ 'data.digest': digest });
    line.ask();
  });
  wireViews();
  initLayouts(() => line.draw(true));
  whenResized(() => S.page === 'explore' && line.draw());
}

function wirePins() {
  initPin({
    now: () => S.query,
    page: id,
    changed: () => {
      line.draw(false);
      line.address();
    },
    said: drawHeadline,
    open: (query) => {
      document.dispatchEvent(new CustomEvent('beside', { detail: query }));
      line.open('compare');
    },
  });
}

// What a small screen has room for.
function foldGroups() {
  if (innerWidth < 600)
    for (const group of $$('details.group')) group.open = ['budget', 'solver'].includes(group.dataset.group);
  else if (innerHeight < 1000) $('.group[data-group="data"]').open = innerHeight > 820;
}

function moved() {
  set({ settling: false });
  line.address();
}

// The list on show as another one, unless the steps are others when the answer comes.
async function reshape(levels, how) {
  const steps = () => JSON.stringify(Object.entries(S.values).filter(([k]) => k.startsWith('timesteps'))),
    of = steps();
  const answer = await call('reshape', { levels, ...how });
  if (of !== steps()) return;
  if (answer.problem) return line.problem(answer.problem);
  line.edit(answer.levels);
}

// Another look at the same run.
function looked() {
  drawHeadline();
  drawStage();
  drawMini();
  paint();
  line.address();
}

function wireViews() {
  initAnswer(line);
  initApart({ page: id, looked });
  wireClaims();
  $('#what').addEventListener('change', (e) => {
    set({ what: e.target.value });
    looked();
  });
  document.addEventListener('view', looked);
  document.addEventListener('pick', () => {
    set({ picked: true });
    looked();
  });
  $('#draw').onclick = () => {
    set({ view: S.view === 'draw' ? 'fit' : 'draw' });
    drawStage();
    paint();
    line.address();
  };
  document.addEventListener('drawn', (e) => {
    change({ 'data.points_text': e.detail.text });
    line.ask();
  });
  $('#resample').addEventListener('change', (e) =>
    reshape(S.values['timesteps.levels'], { count: Number(e.target.value) }),
  );
}

// A claim that can be tried at once.
function wireClaims() {
  document.addEventListener('click', (e) => {
    const button = e.target.closest('[data-set], [data-full]');
    if (!button) return;
    if (button.dataset.full) return askFully(button.dataset.full);
    change(JSON.parse(button.dataset.set));
    writeControls();
    line.ask();
  });
}

// ---- the link -------------------------------------------------------------------------------------

const PLAIN = { what: 'x', view: 'fit', mini: 'plane' };
const CHOICES = {
  what: ['x', 'D', 'e'],
  view: ['fit', 'true', 'strip', 'draw'],
  mini: ['plane', 'space'],
};
const inLink = (key) => (key === 'view' ? 'stage' : key);

// Another link is read: what the one before said of the view goes.
function fresh() {
  if (S.playing) play(false);
  set({ ...PLAIN, picked: false, pick: 0, away: false, settling: true });
  plainChoices();
  if (S.parts.run) backPin('');
}

function read(params) {
  for (const [key, known] of Object.entries(CHOICES)) {
    const value = params.get(inLink(key)) ?? params.get(key);
    if (known.includes(value)) set({ [key]: value });
  }
  readChoices(params);
  readAnswer(params);
  const sigma = +params.get('sigma'),
    pick = +params.get('pick');
  if (sigma > 0 && Number.isFinite(sigma)) set({ sigma, settling: false });
  if (params.has('pick') && Number.isInteger(pick) && pick >= 0 && pick < 4096) set({ pick, picked: true });
  set({ away: params.get('away') === '1', apart: params.get('apart') === '1' });
  pin = readPins(params);
  $(`#what input[value=${S.what}]`).checked = true;
}

function write(params) {
  for (const [key, value] of Object.entries(PLAIN)) if (S[key] !== value) params.set(inLink(key), S[key]);
  writeChoices(params);
  writeAnswer(params);
  if (S.picked) params.set('pick', S.pick);
  if (S.away) params.set('away', '1');
  if (S.apart) params.set('apart', '1');
  writePins(params);
  if (S.sigma != null && !S.playing) params.set('sigma', String(+S.sigma.toPrecision(3)));
}

// ---- drawing --------------------------------------------------------------------------------------

function draw(everything) {
  drawWords();
  if (!everything) measureNow([$('#fig-mini'), $('#scroll')]); // the headline has just laid out the page
  drawStage();
  drawSpine(everything);
  drawNear();
  drawDock();
  drawMini();
  drawTable();
  drawScrubber();
  paint();
}

function paint() {
  if (S.page !== 'explore') return;
  paintCursor();
  paintSpine();
  paintNear();
  paintApart();
  paintStage();
  paintMini();
}

function drawWords() {
  drawFoot(S.parts);
  drawHeadline(); // last: it asks how long its words are
}

function drawFoot({ run, error }) {
  const pieces = [...run.status];
  pieces[2] = error?.ends ?? '';
  const foot = $('#status'),
    told = pieces.filter(Boolean);
  while (foot.children.length > told.length) foot.lastChild.remove();
  told.forEach((piece, i) => {
    const span = foot.children[i] ?? foot.appendChild(document.createElement('span'));
    span.className = i === told.length - 1 ? 'right' : i === 3 ? 'opt' : '';
    writeInto(span, piece);
  });
  foot.firstChild.title = foot.firstChild.textContent;
}

// ---- the first answers ----------------------------------------------------------------------------

// Until the reader acts, the cursor waits in the worst step, which is known better with each answer.
function changed(message, first) {
  comparePin();
  answered();
  if (first) return opened();
  if (!S.settling || !message.parts.error) return;
  set({ settling: !message.parts.error.exact });
  aim(worstLevel());
}

function opened() {
  document.body.classList.add('ready');
  setTimeout(() => endLoader(() => S.playing), 1000);
  if (S.settling && !location.search) playOnce();
  else if (S.settling) go(worstLevel());
}

function begun() {
  if (pin == null) unpin();
  else restorePins(pin).then((wrong) => wrong && line.problem(wrong));
}

export const page = {
  name: 'explore',
  keys: ['stage', 'sigma', 'pick', 'pin', 'pinned', 'pinname', 'away', 'apart', 'answer', ...Object.keys(CHOICES)],
  init,
  fresh,
  read,
  write,
  draw,
  changed,
  said: () => S.page === 'explore' && drawHeadline(),
  begun,
  keep: keepPin,
  back: backPin,
  leave: () => {
    closeSheet({ focus: false });
    if (S.playing) play(false);
  },
};
