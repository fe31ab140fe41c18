// One user action is one straight line: control -> request -> message -> parts -> drawings.
//
// A page is an object of pages/<name>.js, and its name stands in the server's list:
//   name, plotly   whether it draws with Plotly
//   init(line)     wires its own elements, once; `line` is what a page may ask for (below)
//   keys, read(params), write(params)   its part of a link; fresh(page)  another link is read, of this page
//   draw(all)      from the state and the sizes alone; `all`: also what only theme and size change
//   changed(message, first, overtaken)   after every answer of the server; overtaken: another is on its way
//   said()         when the state has changed, and no answer
//   begun()        once, when the first answer is drawn
//   keep(), back(kept)   what Undo takes back of its own, as a plain value (gestures/gesture.js)
//   resume()       whenever it comes on show; leave()  when another does
//   returned()     when a server that was out of reach is there again

import { $, $$, S, change, plotly, scripts, set } from './state.js';
import { askAhead, pagesOf, putUp, unasked } from './ahead.js';
import { connect, through } from './net.js';
import { askLink, askNow, asker, initAnswers, looks, problem, reaches, times } from './answers.js';
import { address, initAddress, readView } from './address.js';
import { initGestures } from './gestures/gesture.js';
import { arrived, initPlaces, leaving } from './gestures/places.js';
import { readTheme, usePalette } from './theme.js';
import { initControls } from './controls/controls.js';
import { writeControls } from './controls/rows.js';
import { position } from './controls/sliders.js';
import { specOf } from './controls/spec.js';
import { initNetworks } from './controls/networks.js';
import { initLeave, offered } from './leave/menu.js';
import { initLeaving } from './leave/explore.js';
import { presenting } from './present/present.js';
import { initTools } from './phone/tools.js';
import { dock } from './lessons/lessons.js';
import { initWords } from './words/card.js';
import { go, play } from './cursor.js';
import { wholeRange } from './strips/layout.js';
import { shown as strips } from './strips/strips.js';
import { recall, remember } from './remember.js';
import { drawBar, initBar } from './standing/bar.js';
import { beats, greet } from './standing/beat.js';

askAhead();
const ahead = putUp();
ahead.then((up) => up?.gradio(begin(up)));

let pages = [];
const shown = () => pages.find((page) => page.name === S.page);
const bodies = (name) => $$(`[data-body="${name}"]`);

function drawAll(everything = true) {
  if (S.parts.run) shown().draw(everything);
}

// `place`: Back returns to the page that is left.  While presenting only a lesson leaves it.
function showPage(name, place = true) {
  if (place && presenting() && name !== S.page) return;
  const goes = place && name !== S.page && Boolean(S.parts.run);
  if (goes) leaving();
  if (name !== S.page) shown().leave?.();
  set({ page: name });
  if (goes) arrived();
  document.documentElement.dataset.page = name;
  for (const page of pages) for (const body of bodies(page.name)) body.hidden = page.name !== name;
  for (const b of $$('.tabs button'))
    b.dataset.page === name ? b.setAttribute('aria-current', 'page') : b.removeAttribute('aria-current');
  dock();
  offered(name);
  // on a phone the tabs run out of the screen: the open one is in it
  $('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (S.parts.run) {
    drawAll();
    address();
    shown().resume?.();
  }
  if (shown().plotly) plotly().then(() => drawAll());
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  document.body.classList.toggle('dark', name === 'dark');
  readTheme();
  $('#theme').setAttribute('aria-label', `Switch to ${name === 'dark' ? 'light' : 'dark'}`);
}

// Steps moved or added by hand are a typed list from then on.
function edit(levels) {
  change({ timesteps: 'custom', 'timesteps.levels': levels }, (k) => k.startsWith('timesteps'));
  askAnew();
}

function askAnew() {
  writeControls();
  askNow();
}

// A whole view at once, such as the one that a predictor was trained for; `gone`: which settings it drops.
function use(values, gone = (k) => /^(solver|timesteps|schedule)\./.test(k)) {
  change(values, gone);
  askAnew();
}

/** Called once, by the component that holds the page: it begins, or is there already and moves in. */
export async function start(component) {
  const up = await ahead;
  if (!up) return begin(component);
  up.taken(component.element, component);
  through(component.server);
  setTheme(document.documentElement.dataset.theme); // Gradio has set its own
}

async function begin({ props, server, upload }) {
  connect(
    { ...server, explore: unasked(server.explore) },
    {
      changed: (gone) => {
        document.body.dataset.offline = gone ? '1' : '';
        reaches(gone);
        drawBar();
        if (!gone) pages.forEach((page) => page.returned?.());
      },
      looks: (ms) => {
        looks(ms);
        drawBar();
      },
      greet,
    },
  );
  const config = JSON.parse(props.config);
  scripts.plotly = props.plotly;
  usePalette(config.palette);
  const remembered = recall('theme');
  setTheme(remembered ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
  pages = await pagesOf(config.pages);
  const line = { config, upload, problem, address, edit, use, ask: askNow, open: showPage, draw: drawAll };
  wire(line);
  const asks = readView(pages, Object.keys(config.designs));
  showPage(S.page);
  await asker.first({ query: asks });
  for (const page of pages) page.begun?.();
  if (shown().plotly) await plotly();
  drawAll();
  shown().resume?.();
}

function wire(line) {
  initAnswers({
    draw: drawAll,
    changed: (...news) => pages.forEach((page) => page.changed?.(...news)),
    said: () => pages.forEach((page) => page.said?.()),
    address,
    home: () => {
      const own = bodies(S.page).find((body) => !body.closest('#settings')); // not above the settings
      return $('[data-notices]', own) ?? own;
    },
  });
  initControls(line.config, { changed: acted, settled: () => {}, predicted: use });
  initNetworks(line.upload, {
    problem,
    changed: askAnew,
  });
  for (const page of pages) page.init(line);
  initAddress();
  initTools();
  initLeave();
  initLeaving(line.config, () => bodies(S.page)[0]);
  initGestures(pages, showPage, askAnew);
  initPlaces({ pages, open: (name) => showPage(name, false), ask: askLink });
  initWords(line.config, showPage);
  initBar();
  beats();
  $('.tabs').onclick = (e) => {
    const b = e.target.closest('button');
    if (b) showPage(b.dataset.page);
  };
  $('#theme').onclick = () => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    remember('theme', next);
    setTheme(next);
    drawAll();
  };
  let timer;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => drawAll(), 60);
  }).observe($('.page'));
  keepTab($('.tabs'));
  const ask = (values) => asker.ask({ values: { ...S.values, ...values } }),
    place = (key, value) => position(specOf(key), value); // of a value, on its slider
  window.explorer = { S, times, go, play, ask, place, set, strips, wholeRange };
}

// On a phone that is turned the open tab stays in sight, wherever the page is scrolled.
function keepTab(tabs) {
  const middle = (e) => e.getBoundingClientRect().left + e.clientWidth / 2;
  new ResizeObserver(() => {
    const open = $('[aria-current]', tabs);
    if (open) tabs.scrollLeft += middle(open) - middle(tabs);
  }).observe(tabs);
}

function acted() {
  set({ settling: false });
  if (S.view === 'draw' && S.values.data !== 'drawn') set({ view: 'fit' });
  askNow();
}
