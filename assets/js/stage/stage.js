// The stage: one box that shows the samples in the way that suits the data.
//
//   drawStage()   what depends on data, run, view and theme
//   paintStage()  what moves with the cursor
//
// Each view is an object: words() for caption, key and label, draw(stage) and paint(stage); some
// also answer unit(size) (zoomable), hit(x, y, reach) (the sample there) and step(key) (arrow keys).

import { $, S, set } from '../state.js';
import { short } from '../numbers.js';
import { T, ramp } from '../theme.js';
import { sizeOf } from '../draw/canvas.js';
import { WHOLE, wirePointers, zoomed } from './pointer.js';
import { planeView } from './plane.js';
import { ofLayer } from '../words/word.js';
import { imageView } from './image.js';
import { lineView } from './line.js';
import { stripOf, stripView } from './strip.js';
import { drawView } from './draw.js';

const BY_KIND = { plane: planeView, image: imageView, line: lineView };
const NARROW = 460;
const WHOLE_VIEWS = {
  plane: [
    ['fit', 'scaled'],
    ['true', '1 : 1'],
  ],
  image: [['fit', 'samples']],
  line: [['fit', 'paths']],
};

// covered: how far from its left edge tools lie on the picture's top, in CSS pixels
const stage = { root: null, size: { w: 0, h: 0, ratio: 1 }, narrow: false, covered: 0, view };
let pointers, zoomOf;

// The view on show; a view that does not suit the data falls back to the data's own.
function view() {
  if (S.view === 'strip' && stripOf()) return stripView;
  if (S.view === 'draw' && S.values.data === 'drawn') return drawView;
  return BY_KIND[S.parts.data?.kind] ?? planeView;
}

export function initStage(root) {
  root.innerHTML = `
    <canvas class="under" aria-hidden="true"></canvas><canvas class="still" aria-hidden="true"></canvas>
    <canvas class="over" role="img"></canvas>
    <div class="pad" hidden></div>
    <div class="where"></div>
    <div class="tools"><button class="ghost unzoom" hidden></button>
    <div class="seg" role="radiogroup" aria-label="View"></div></div>
    <div class="key"></div>`;
  root.tabIndex = 0;
  root.setAttribute('role', 'group');
  Object.assign(stage, {
    root,
    under: $('.under', root),
    still: $('.still', root),
    over: $('.over', root),
    pad: $('.pad', root),
  });
  const tell = (name, detail) => root.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  stage.tell = tell;
  pointers = wirePointers(stage, {
    changed: () => {
      redraw();
      tell('zoom', S.zoom);
    },
    picked: (k) => {
      set({ pick: k });
      tell('pick', k);
    },
  });
  $('.seg', root).addEventListener('change', (e) => {
    set({ view: e.target.value });
    tell('view', S.view);
  });
  $('.key', root).addEventListener('click', (e) => {
    const name = e.target.closest('button')?.dataset.show;
    if (name) {
      set({ show: { ...S.show, [name]: !S.show[name] } });
      tell('view', S.view);
    }
  });
  $('.unzoom', root).onclick = () => pointers.reset();
  drawView.init(stage);
}

// Wheels and fingers fire faster than frames.
let queued = false;
function redraw() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    drawStage();
    paintStage();
  });
}

export function drawStage() {
  const { root } = stage,
    { data, run } = S.parts;
  if (!root || !data || !run) return;
  if (zoomOf !== data.name) {
    if (zoomOf) set({ zoom: WHOLE });
    zoomOf = data.name;
  }
  const now = view();
  root.classList.toggle('tall', data.kind === 'image' && now !== stripView);
  root.classList.toggle('zooms', Boolean(now.unit));
  root.classList.toggle('free', Boolean(now.unit) && zoomed());
  stage.size = sizeOf(root);
  stage.narrow = stage.size.w < NARROW;
  root.classList.toggle('narrow', stage.narrow);
  stage.pad.hidden = now !== drawView;
  if (!stage.size.w || !stage.size.h) return;
  writeAround(now);
  stage.covered = covered();
  now.draw(stage);
}

// In a low or narrow window the tools stand at the left, see corner.css; looked up once for each size.
let seen = { of: '', end: 0 };
function covered() {
  const tools = $('.tools', stage.root),
    of = [innerWidth, innerHeight, stage.size.w, sizeOf(tools).w].join();
  if (of !== seen.of) {
    const { offsetLeft: left, offsetWidth: width } = tools;
    seen = { of, end: left < stage.size.w / 2 ? left + width : 0 };
  }
  return seen.end;
}

export function paintStage() {
  if (!stage.root || !S.parts.data || !S.parts.run || !stage.size.w || !stage.size.h) return;
  view().paint(stage);
}

// ---- caption, view control, key -------------------------------------------------------------------

// Only what has changed is written, so that focus stays on a control that was just used.
const written = new WeakMap();
function html(element, text) {
  if (written.get(element) === text) return false;
  element.innerHTML = text;
  written.set(element, text);
  return true;
}

function writeAround(now) {
  const { root } = stage,
    words = now.words(stage);
  $('#keep').disabled = now === drawView;
  writeTools();
  const where = $('.where', root),
    tools = $('.tools', root);
  html(where, words.where ?? '');
  where.style.maxWidth = `${stage.size.w - sizeOf(tools).w - 28}px`;
  writeKey(words.key ?? []);
  root.setAttribute('aria-label', `Stage${words.keys ? `; ${words.keys}` : ''}`);
  stage.over.setAttribute('aria-label', words.label);
}

function writeTools() {
  const { root } = stage,
    kind = S.parts.data.kind,
    seg = $('.seg', root),
    own = WHOLE_VIEWS[kind];
  const choices = [
    ...own,
    ...(S.parts.data?.lacking ? [] : [['strip', 'denoise']]),
    ...(S.values.data === 'drawn' ? [['draw', 'draw']] : []),
  ];
  const titles = { strip: 'One real sample under noise, and the denoiser’s answer', draw: 'Draw the data' };
  html(
    seg,
    choices
      .map(
        ([value, name]) =>
          `<label title="${titles[value] ?? ''}"><input type="radio" name="stage-view" value="${value}">` +
          `<span>${name}</span></label>`,
      )
      .join(''),
  );
  const now = view(),
    sizes = kind === 'plane' && S.what !== 'x' && now === planeView;
  const chosen =
    now === stripView ? 'strip' : now === drawView ? 'draw' : own.some(([v]) => v === S.view) ? S.view : 'fit';
  for (const input of seg.querySelectorAll('input')) {
    input.checked = input.value === chosen;
    if (kind !== 'plane' || !['fit', 'true'].includes(input.value)) continue;
    input.disabled = sizes;
    input.parentNode.title = sizes
      ? 'D and ε have the same size at every σ'
      : input.value === 'fit'
        ? 'x divided by the spread of the noisy data'
        : 'True size: in EDM’s frame every step is straight';
  }
  const button = $('.unzoom', root);
  button.hidden = !(now.unit && zoomed());
  if (!button.hidden) button.textContent = `× ${short(S.zoom.k)}  Reset`;
  button.setAttribute('aria-label', 'Reset the zoom');
}

function writeKey(entries) {
  const key = $('.key', stage.root);
  const picture = (name) => `<svg viewBox="0 0 18 12" aria-hidden="true">${swatch(name)}</svg>`;
  html(
    key,
    entries
      .map(({ swatch: name, text, show, cls = '' }) =>
        show
          ? `<button type="button" class="${cls}" data-show="${show}">${picture(name)}${ofLayer(show, text)}</button>`
          : `<span class="${cls}">${picture(name)}${text}</span>`,
      )
      .join(''),
  );
  for (const button of key.querySelectorAll('button')) button.setAttribute('aria-pressed', S.show[button.dataset.show]);
}

function swatch(name) {
  const own = T.onestep,
    grey = T.reference,
    curve = 'M1 9C6 9 8 3 17 3';
  const bead = (x, sigma) => `<circle cx="${x}" cy="6" r="3" fill="${ramp(sigma)}"/>`;
  return {
    dot: `<circle cx="9" cy="6" r="3" fill="${own}"/>`,
    path: `<path d="${curve}" stroke="${own}" stroke-opacity=".55" fill="none"/>`,
    one: `<path d="M1 6h16" stroke="${T.ink}" stroke-width="2"/>${bead(5, 10)}${bead(13, 0.02)}`,
    data: [4, 9, 14].map((x, i) => `<circle cx="${x}" cy="${[4, 8, 5][i]}" r="1.3" fill="${grey}"/>`).join(''),
    density: `<rect x="2" y="1" width="14" height="10" rx="2" fill="${grey}" fill-opacity=".3"/>`,
    exact: `<path d="${curve}" stroke="${grey}" fill="none"/>`,
    run: `<path d="M1 6h16" stroke="${own}" stroke-width="1.75"/>${bead(9, 1)}`,
    tangent:
      `<path d="M1 10 13 4" stroke="${T.ink2}" stroke-dasharray="3 2"/>` +
      `<circle cx="15" cy="3.500" r="2" stroke="${T.ink2}" fill="none"/>`,
    arrow: `<path d="M2 6h11" stroke="${T.ink2}"/><path d="M12 3.500 16.500 6 12 8.500z" fill="${T.ink2}"/>`,
  }[name];
}
