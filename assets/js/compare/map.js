// The heat map: any two settings of the view, a cell for each pair of values, drawn while they come.

import { duration } from '../numbers.js';
import { $, S } from '../state.js';
import { viewQuery } from '../address.js';
import { gesture } from '../gestures/gesture.js';
import { drawGrid, initGrid, keyOf } from './map_grid.js';
import { offer } from './views.js';
import { copy, lines } from '../help.js';
import { drawAlong } from './map_along.js';
import { drawPairs, offered, summary } from './map_pairs.js';
import { drawSaid, drawRun } from './map_side.js';
import { Measured } from './measured.js';
import * as sentence from './sentence.js';
import * as studies from './studies.js';

let line = null,
  body = null,
  problem = null,
  opened = false,
  fresh = false; // a link was read, which is measured when its view is there

const asked = sentence.asked,
  USUAL = { paths: asked.paths, seeds: asked.seeds };
const chosen = () => JSON.parse(JSON.stringify(asked));
// What a measurement is of: the sentence, and the settings that it does not vary.
const question = () =>
  JSON.stringify([
    chosen(),
    Object.entries(S.values)
      .filter(([k]) => !asked.axes.includes(k) && k !== 'samples')
      .sort(),
  ]);
const study = new Measured({
  part: 'map',
  asks: question,
  request: () => ({ kind: 'map', values: S.values, ...chosen() }),
  draw,
  refuse(why) {
    problem = study.cancelled ? null : why; // the reader's own stop needs no word
    if (!why) line.problem(null);
  },
});

const HTML = `
  <div class="map-bar"><p class="sentence"></p>
    <span class="map-go"><span class="map-count"></span>
    <button class="ghost run" type="button" data-run>Run</button></span></div>
  <p class="map-refused" role="status" hidden></p>
  <div class="map-body">
    <figure class="map-figure"><span class="of-up" aria-hidden="true"></span>
      <div class="map-scroll"><table></table></div><span class="of-across" aria-hidden="true"></span>
      <figcaption></figcaption><div class="map-card" hidden></div></figure>
    <aside class="map-side"><section class="map-run" role="status"></section>
      <section class="map-along" hidden></section>
      <section class="map-said" aria-live="polite"></section>
      <section class="map-pairs"></section>
      <section class="map-engine"><h2>Engine</h2><p class="engine-note"></p></section></aside>
  </div>`;

function init(given, own) {
  [line, body] = [given, own];
  body.innerHTML = HTML;
  const map = line.config.compare.map;
  asked.axes = [...map.axes];
  sentence.init($('.sentence', body), map, line.config.entries, choose);
  asked.lists = asked.axes.map(sentence.usual);
  initGrid($('.map-figure', body), press);
  $('[data-run]', body).onclick = () => (study.busy ? study.cancel() : run());
  $('.map-side', body).onclick = act;
}

// Another word of the sentence: one step of Undo; what is measured stays until it is run.
function choose() {
  gesture();
  line.address();
  draw();
}

function act(e) {
  const b = e.target.closest('button');
  if (!b) return;
  if (b.dataset.act === 'copy') copy(lines(study.shown.exact), b);
  else if (b.dataset.act === 'cancel') study.cancel();
  else if (b.dataset.act === 'resume') run();
  else if (b.dataset.extend) extend(+b.dataset.extend);
  else if (offered(b)) pair(offered(b));
  else if (b.dataset.act === 'seeds') {
    asked.seeds *= 2;
    choose();
    run();
  }
}

function extend(index) {
  const { map, said } = study.shown,
    { axis, values } = said[index],
    names = map[axis ? 'across' : 'up'].values;
  const own = Object.keys(names)
    .sort((a, b) => a - b)
    .map((k) => names[k]);
  asked.lists[axis] = [...own, ...values].sort((a, b) => a - b).join(', ');
  choose();
  run();
}

function pair(axes) {
  [asked.axes, asked.lists] = [axes, axes.map(sentence.usual)];
  choose();
  run();
}

async function run() {
  const of = { about: about(), query: viewQuery() }; // words and page may be others when it ends
  await study.begin();
  if (!study.busy && study.shown && study.of === study.asked) keep(of);
}

function keep(of) {
  const { up, across, cells } = study.shown.map;
  const done = cells.filter((c) => c.value || c.why).length;
  const name = `${up.label} × ${across.label}`;
  studies.keep({ name, ...of, asks: study.asked, done, total: cells.length, ...summary(study.shown) });
}

// What of the view is not varied and tells studies apart.
const about = () =>
  [
    ...['data', 'solver']
      .filter((k) => !asked.axes.includes(k))
      .map((k) => (line.config.entries[k][S.values[k]]?.label ?? '').replace(/-?\{.*?\}/g, '')),
    ...(asked.axes.includes('nfe') ? [] : [`NFE ${S.values.nfe}`]),
  ].join(', ');

function press(cell, shift) {
  if (shift) {
    document.dispatchEvent(new CustomEvent('beside', { detail: cell.query })); // B of A/B
    line.open('compare');
    return;
  }
  line.open('explore');
  line.use(cell.values, (k) => /^(timesteps|solver|schedule|data|model)\./.test(k) && slotGone(cell.values, k));
}
// Settings of an entry go with it where the cell has another one.
const slotGone = (values, k) => k.split('.')[0] in values;

function draw() {
  if (!body || body.hidden) return;
  const { shown, busy, took } = study,
    stale = study.old && !busy;
  sentence.draw($('.sentence', body));
  const cells = sentence.count(asked.lists[0]) * sentence.count(asked.lists[1]);
  $('.map-count', body).textContent = `${cells} cells${took && !stale && shown ? `, ${duration(took / 1000)}` : ''}`;
  body.classList.toggle('old', stale);
  const refused = $('.map-refused', body);
  refused.hidden = !problem && !stale;
  refused.textContent =
    problem ?? (stale ? 'Measured with other settings than those asked for now: run it again.' : '');
  writeTitle();
  writeRun();
  drawPairs($('.map-pairs', body), asked.axes);
  if (!shown) return;
  drawGrid($('.map-figure', body), shown.map, { next: busy });
  const outlined = shown.map.cells.some((cell) => cell.level);
  $('figcaption', body).innerHTML =
    `${keyOf()}${outlined ? '<span class="key-level">best, or not to be told from it</span>' : ''}`;
  drawAlong($('.map-along', body), shown.map);
  drawSaid($('.map-said', body), shown, study);
  drawRun($('.map-run', body), shown, study);
}

function writeRun() {
  const { shown, busy } = study,
    done = shown?.map.cells.filter((c) => c.value || c.why).length ?? 0;
  const part = shown && !shown.map.whole && !study.old;
  const here = shown && study.of === study.asked ? done : 0; // of what is being measured
  $('[data-run]', body).textContent = busy ? `Cancel, keep ${here}` : part ? 'Resume' : 'Run';
}

function writeTitle() {
  const [up, across] = asked.axes,
    { shown, busy } = study;
  $('#compare-title').textContent = shown?.title ?? (busy ? 'Measuring …' : `${up} against ${across}`);
  $('#compare-note').textContent = shown?.note ?? 'Choose two settings and run: the coarse cells come first.';
}

function write(params) {
  const map = line.config.compare.map;
  if (asked.axes.join() !== map.axes.join()) params.set('vary', asked.axes.join());
  asked.lists.forEach((text, k) => {
    if (text !== sentence.usual(asked.axes[k])) params.set(k ? 'across' : 'up', text.replaceAll(', ', ','));
  });
  if (asked.measure !== 'median') params.set('measure', asked.measure);
  for (const [k, usual] of Object.entries(USUAL)) if (asked[k] !== usual) params.set(k, asked[k]);
}

function read(params) {
  const map = line.config.compare.map,
    known = new Set(map.settings.map(({ key }) => key)),
    axes = (params.get('vary') ?? '').split(',');
  const fits = axes.length === 2 && axes[0] !== axes[1] && axes.every((key) => known.has(key));
  asked.axes = fits ? axes : [...map.axes];
  asked.lists = ['up', 'across'].map((k, i) => params.get(k)?.slice(0, 400) || sentence.usual(asked.axes[i]));
  asked.measure = params.get('measure') in map.measures ? params.get('measure') : 'median';
  fresh = true;
  for (const [k, usual] of Object.entries(USUAL)) {
    const n = Math.round(Number(params.get(k)));
    asked[k] = n >= 1 && n <= 4096 ? n : usual;
  }
}

function open() {
  const fits = new Set(sentence.settings().map(({ key }) => key));
  if (!opened)
    asked.axes.forEach((key, k) => {
      if (fits.has(key)) return; // such as ρ where the steps are others
      asked.axes[k] = asked.axes[1 - k] === 'solver' ? 'timesteps' : 'solver';
      asked.lists[k] = sentence.usual(asked.axes[k]);
    });
  const first = !opened;
  opened = true;
  draw();
  if (first && (fresh || S.values.model !== 'network')) run();
  fresh = false;
}

offer({
  name: 'map',
  label: 'Heat map',
  title: 'Any two settings against each other',
  keys: ['vary', 'up', 'across', 'measure', 'paths', 'seeds'],
  init,
  read,
  write,
  open,
  draw,
  changed() {
    if (!opened || !fresh) return;
    fresh = false;
    run();
  },
  study: () => ({ result: study.shown, kind: 'map', old: study.old }),
  keep: chosen,
  back: (kept) => {
    Object.assign(asked, JSON.parse(JSON.stringify(kept)));
    if (!study.busy) study.back();
    draw();
  },
});
