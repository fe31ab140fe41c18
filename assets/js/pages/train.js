// The Train page: one training of this server, drawn while it runs; it goes on without this tab.

import { watch } from '../job.js';
import { call } from '../net.js';
import { $, S, unpack } from '../state.js';
import { count, short } from '../numbers.js';
import { T, themed } from '../theme.js';
import { dot, open, sheet, sizeOf } from '../draw/canvas.js';
import { colourise, whole } from '../stage/image.js';
import { showPop } from '../help.js';

const POLL = 700,
  IDLE = 5000;
let filled = false; // the form holds what its configuration says
let line = null, // see app.js
  told = {},
  held = {},
  plan = {},
  data = '',
  wasBusy = false;
const ask = (request, tries = 1) => call('training', { token: token(), ...request }, tries);

// What tells this browser's trainings from those of others; a link of the server's owner brings theirs.
function token() {
  const given = new URLSearchParams(location.search).get('trainer');
  if (given) localStorage.setItem('trainer', given);
  return localStorage.getItem('trainer') ?? '';
}

// A sentence on this page; what is drawn stays.
function problem(sentence) {
  $('#train-problem').hidden = !sentence;
  $('#train-problem span').textContent = sentence ?? '';
}

function init(given) {
  line = given;
  token(); // of a link, before the address bar changes
  $('#train-problem button').onclick = () => problem(null);
  const { letters, columns, rungs } = line.config.train;
  const options = (choices) => choices.map((c) => `<option value="${c.value}">${c.label}</option>`).join('');
  $('#train-config').innerHTML = Object.entries(letters)
    .map(([k, about]) => `<option value="${k}" title="${about}">${k}</option>`)
    .join('');
  for (const id of ['precond', 'loss']) $(`#train-${id}`).innerHTML = options(columns);
  for (const [id, ends] of Object.entries(rungs)) $(`#train-${id}`).innerHTML = options(ends);
  $('#train-config').value = 'F';
  $('#train-config').onchange = fill;
  $('#train-start').onclick = () => act({ do: 'start', ...wanted(), name: $('#train-name').value.trim() });
  $('#train-pause').onclick = () => act({ do: 'pause', name: told.name });
  $('#train-cancel').onclick = () => act({ do: 'cancel', name: told.name });
  $('#train-augmented').onclick = augmented;
  $('#train-use').onclick = () => {
    document.dispatchEvent(new CustomEvent('use-network', { detail: { name: told.name } }));
    line.open('explore');
  };
  $('#train-waiting').onclick = (e) => {
    const b = e.target.closest('button');
    if (b) act({ do: b.dataset.do, name: b.dataset.name });
  };
}

// The page has other data now: the form begins anew from its configuration.
function changed() {
  const now = JSON.stringify(Object.entries(S.values).filter(([k]) => k.split('.')[0] === 'data'));
  if (now === data) return;
  data = now;
  fill();
}

const wanted = () => ({
  config: $('#train-config').value,
  values: S.values,
  training: {
    hyper: $('#train-hyper').value,
    capacity: $('#train-capacity').value,
    precond: $('#train-precond').value,
    loss: $('#train-loss').value,
    augment: typed('#train-augment'),
    kimg: typed('#train-kimg'),
    conditional: $('#train-classes').checked,
  },
});
// A number as typed; nonsense goes to the server, whose sentence names it.
const typed = (id) => {
  const v = $(id).value.trim().replace(',', '.');
  return v !== '' && Number.isFinite(+v) ? +v : v;
};

let fills = 0;
async function fill() {
  const mine = ++fills;
  filled = false;
  $('#train-start').disabled = true;
  const given = await ask({ do: 'defaults', config: $('#train-config').value, values: S.values });
  if (mine !== fills) return; // the data or the configuration have changed since
  if (given.gone) setTimeout(() => mine === fills && fill(), 3000);
  if (given.problem) {
    $('#train-note').textContent = given.problem;
    return;
  }
  for (const id of ['hyper', 'capacity', 'precond', 'loss', 'augment']) $(`#train-${id}`).value = given.form[id];
  if (!$('#train-kimg').value || $('#train-kimg').dataset.given === $('#train-kimg').value) {
    $('#train-kimg').value = $('#train-kimg').dataset.given = given.form.kimg;
  }
  $('#train-augment').disabled = $('#train-augmented').disabled = !given.image;
  $('#train-classes').disabled = !given.classes;
  if (!given.classes) $('#train-classes').checked = false;
  $('#train-note').textContent =
    `${$('#train-config').value}: ${given.about}. ${count(given.parameters)} parameters.${given.image ? '' : ' Points are not augmented.'}`;
  plan = { sigma: given.plan, samples: given.data, table: given.table }; // shown until a training has something to show
  filled = true;
  if (S.page === 'train' && !told.name) show();
  $('#train-start').disabled = Boolean(told.busy) || told.allowed === false;
}

async function act(request) {
  problem(null);
  const answer = await ask({ ...request, have: told.key });
  if (answer.problem) return problem(answer.problem);
  if (answer.token) localStorage.setItem('trainer', answer.token);
  take(answer);
  follow();
}

function take(answer) {
  for (const part of ['sigma', 'curve', 'table', 'samples']) if (answer[part]) held[part] = answer[part];
  if (answer.name !== told.name && !answer.samples) held = {};
  told = answer;
  if (wasBusy && answer.state === 'done')
    document.dispatchEvent(new CustomEvent('trained', { detail: { name: answer.name } }));
  wasBusy = Boolean(answer.busy);
  if (S.page === 'train') show();
}

const concerned = () => S.page === 'train' || told.busy;
const follow = watch(
  async () => {
    const answer = concerned() ? await ask({ do: 'look', have: told.key }) : { problem: 'nobody looks' };
    if (!answer.problem) take(answer);
  },
  () => (concerned() ? (told.busy ? POLL : IDLE) : null),
);

function draw() {
  if (!told.paused || !follow.on()) follow();
  show();
}

function show() {
  const { name, title, state, busy, mine, paused = [], trouble } = told;
  $('#train-title').textContent = !name
    ? 'Train a network on the open data'
    : state === 'done'
      ? `${title}: trained as “${name}”, now in the list of networks`
      : `${title}, “${name}”: ${state}`;
  if (trouble && !busy) $('#train-note').textContent = trouble;
  $('#train-progress').hidden = !name;
  $('#train-progress progress').value = told.part ?? 0;
  $('#train-progress span').textContent = told.words ?? (state === 'starting' ? 'Starting …' : (state ?? ''));
  for (const id of ['#train-pause', '#train-cancel']) $(id).hidden = !busy || !mine;
  $('#train-others').hidden = !busy || mine;
  $('#train-use').hidden = state !== 'done';
  $('#train-start').disabled = Boolean(busy) || told.allowed === false || !filled;
  $('#train-waiting').hidden = !paused.length;
  $('#train-waiting').innerHTML = paused
    .map(
      (r) =>
        `<span>${r.title}, “${r.name}”, paused ${r.mine ? `<button class="ghost" data-do="resume" data-name="${r.name}" ${busy ? 'disabled' : ''}>Resume</button><button class="ghost" data-do="cancel" data-name="${r.name}">Discard</button>` : 'by another visitor'}</span>`,
    )
    .join('');
  $('#train-rows').innerHTML = (held.table ?? (name ? null : plan.table) ?? [])
    .map(
      (row) =>
        `<tr>${row.map((v, i) => `<td>${i === 0 ? v : i === 4 && v != null ? (v < 100 ? v.toFixed(2) : '> 100') : short(v)}</td>`).join('')}</tr>`,
    )
    .join('');
  plot(
    '#fig-train-sigma',
    held.sigma ?? (name ? null : plan.sigma),
    'the loss at each noise level, while a network trains',
  );
  plot('#fig-train-curve', held.curve, 'the loss over the images seen');
  samples();
}

function plot(id, figure, nothing) {
  const box = $(id);
  if (!window.Plotly || !box.clientWidth) return;
  const given = figure ?? {
    data: [],
    layout: {
      xaxis: { visible: false },
      yaxis: { visible: false },
      annotations: [
        {
          text: nothing,
          showarrow: false,
          xref: 'paper',
          yref: 'paper',
          x: 0.5,
          y: 0.5,
          font: { color: T.ink3, size: 12 },
        },
      ],
    },
  };
  Plotly.react(
    box,
    given.data.map(themed),
    {
      ...themed(given.layout),
      width: box.clientWidth - 2,
      height: Math.max(box.clientHeight - 2, 120),
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
    },
    { displayModeBar: false, responsive: false },
  );
}

function samples() {
  const canvas = $('#train-samples'),
    size = sizeOf(canvas),
    s = held.samples ?? (told.name ? null : plan.samples);
  $('#train-samples-head').textContent = held.samples || told.name ? 'Samples' : 'Data';
  $('#train-samples-note').textContent =
    held.samples || told.name ? 'of the averaged weights, always from the same noise' : 'that the network learns from';
  const c = open(canvas, size);
  if (s?.kind === 'image') tiles(c, size, s);
  else if (s) points(c, size, s);
}

function tiles(c, { w, h, ratio }, { shape: [C, H, W], count, data: text }) {
  const strip = picture(text, count, { C, H, W }),
    gap = 3;
  let best = { scale: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns),
      scale = whole(Math.min((w - gap * (columns - 1)) / columns / W, (h - gap * (rows - 1)) / rows / H), ratio);
    if (scale > best.scale) best = { columns, scale };
  }
  c.imageSmoothingEnabled = false;
  for (let k = 0; k < count && best.scale; k++) {
    c.drawImage(
      strip,
      0,
      k * H,
      W,
      H,
      (k % best.columns) * (W * best.scale + gap),
      Math.floor(k / best.columns) * (H * best.scale + gap),
      W * best.scale,
      H * best.scale,
    );
  }
}

// Images in [−1.2, 1.2] as bytes, one below the other on a canvas.
function picture(text, count, shape) {
  const values = unpack.grey(text),
    strip = sheet(shape.W, shape.H * count),
    c = strip.getContext('2d');
  const pixels = c.createImageData(strip.width, strip.height);
  colourise(pixels.data, (j) => (2.4 * values[j]) / 255 - 1.2, count, shape, false);
  c.putImageData(pixels, 0, 0);
  return strip;
}

function points(c, { w, h }, s) {
  const at = unpack.floats(s.data),
    truth = unpack.floats(s.truth),
    half = Math.min(w, h) / 2;
  const reach = 1.15 * truth.reduce((a, v) => Math.max(a, Math.abs(v)), 0.1);
  const draw = (list, r, colour) => {
    for (let i = 0; i < list.length; i += 2)
      dot(c, w / 2 + (half * list[i]) / reach, h / 2 - (half * list[i + 1]) / reach, r, colour, 'rgba(0,0,0,0)');
  };
  draw(truth, 1.5, T.reference);
  draw(at, 2.5, T.onestep);
}

// ---- augmentation, as images with what the network is told ---------------------------------------

async function augmented(event) {
  const anchor = event.currentTarget;
  problem(null);
  const answer = await ask({ do: 'augment', ...wanted(), seed: Math.floor(Math.random() * 1e6) });
  if (answer.problem) return problem(answer.problem);
  const {
    shape: [C, H, W],
    count,
    before,
    after,
    labels,
    names,
  } = answer.augmented;
  const rows = labels
    .map(
      (row) =>
        `<tr><td><canvas></canvas></td><td><canvas></canvas></td>${row.map((v) => `<td>${v ? `<b>${v}</b>` : '0'}</td>`).join('')}</tr>`,
    )
    .join('');
  const box = showPop(
    anchor,
    `<h3>Before, after, and what the network is told</h3><p>Each operation happens here to half of the images. In training the network hears these nine numbers; when it samples it hears zeros, so nothing leaks.</p><table class="told"><thead><tr><th></th><th></th>${names.map((n) => `<th scope="col">${n}</th>`).join('')}</tr></thead><tbody>${rows}</tbody></table>`,
  );
  const shown = [picture(before, count, { C, H, W }), picture(after, count, { C, H, W })];
  [...box.querySelectorAll('canvas')].forEach((canvas, j) => {
    [canvas.width, canvas.height] = [W, H];
    canvas.getContext('2d').drawImage(shown[j % 2], 0, (j >> 1) * H, W, H, 0, 0, W, H);
  });
}

export const page = { name: 'train', plotly: true, init, draw, changed };
