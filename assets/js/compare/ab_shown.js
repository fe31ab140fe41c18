// What A/B shows, from its answer and the size of the window alone.

import { $ } from '../state.js';
import { writePins } from '../pin.js';
import { T } from '../theme.js';
import { escaped, tag } from '../schedules/svg.js';
import { difference, drawTiles, pixels, sideOf } from './tiles.js';
import { drawBetween, drawPoints, points, rangeOf } from './points.js';
import { scatterPlot } from './ab_figure.js';

const CHIP = { a: '<i class="ab-chip">A</i>', b: '<i class="ab-chip b">B</i>' };
const ALONG = 'Across: the noise; up: where it ends.';

/** The frame that the drawings go into. */
export const FRAME =
  '<div class="ab-pictures">' +
  ['a', 'b', 'd']
    .map((k) => `<figure><h2 id="ab-h${k}"></h2><canvas id="ab-c${k}" role="img"></canvas></figure>`)
    .join('') +
  '</div><div class="ab-below"><div class="ab-scatter" id="ab-scatter"></div>' +
  '<div class="ab-tables"><h2>Only what differs <span id="ab-differ"></span></h2>' +
  '<table class="numbers" id="ab-settings"></table>' +
  '<h2>What comes of it <button type="button" class="ghost" id="ab-copy">Copy every sample</button></h2>' +
  '<table class="numbers" id="ab-comes"></table></div>' +
  '<div class="ab-said"><h2>What can be said</h2><ul id="ab-said"></ul><p id="ab-rule"></p>' +
  '<div class="ab-acts"><a class="ghost" id="ab-open-a">Open A</a><a class="ghost" id="ab-open-b">Open B</a>' +
  '<button type="button" class="ghost" data-act="more">More seeds</button></div></div></div>';

/** @param {HTMLElement} body @param {any} news the answer, with `ab` */
export function draw(body, news) {
  const { ab } = news;
  heads(body, ab);
  if (ab.kind === 'image') images(body, ab);
  else plots(body, ab);
  const box = $('#ab-scatter', body),
    size = Math.min(420, box.clientWidth || 320);
  box.innerHTML = ab.scatter
    ? scatterPlot(ab.scatter, size, ab.another)
    : `<p class="ab-none">${escaped(ab.why ? `No ratio of errors: ${ab.why}` : 'No errors in pairs yet.')}</p>`;
  tables(body, ab);
  $('#ab-said', body).innerHTML = ab.said
    .map(({ who, lead, text }) => `<li data-who="${who}"><b>${escaped(lead)}</b> ${escaped(text)}</li>`)
    .join('');
  const marks = ab.kind === 'image' ? 'A red corner' : 'Red',
    grey = { plane: ' Grey: where the exact paths end; at the rim: beyond it.', line: ` Grey: exact paths. ${ALONG}` };
  $('#ab-rule', body).textContent =
    `${marks} marks ${ab.rule.replace(/^./, (c) => c.toLowerCase())}${grey[ab.kind] ?? ''}`;
  for (const k of ['a', 'b']) $(`#ab-open-${k}`, body).href = `?${withPins(ab[k].query)}`;
  $('#ab-copy', body).hidden = !news.exact;
  $('[data-act=more]', body).disabled = ab.seeds >= ab.most;
}

// A view opened from here keeps what is pinned.
function withPins(query) {
  const params = new URLSearchParams(query);
  writePins(params);
  return params;
}

function heads(body, { a, b, another, kind }) {
  const far = ({ astray, count, known, note }) =>
    known ? `${astray.length} of ${count} ${another}` : count ? note || 'no path error' : 'measuring …';
  for (const [k, side] of [
    ['a', a],
    ['b', b],
  ])
    $(`#ab-h${k}`, body).innerHTML = `${CHIP[k]}<b>${escaped(side.name)}</b> <span>${escaped(far(side))}</span>`;
  $('#ab-hd', body).innerHTML =
    kind === 'image'
      ? '<b>A − B</b> <span>brown: A has more ink, blue: B; full at ±1</span>'
      : '<b>A to B</b> <span>a line joins the two ends of one noise</span>';
}

// `shape` has the channels first; of colours the difference is their mean, and more is lighter.
function images(body, { a, b, shape, clip }) {
  const small = innerWidth < 700,
    width = $('.ab-pictures figure', body).clientWidth,
    columns = width < 240 ? 4 : small ? 8 : 10,
    most = small ? 32 : 60,
    gap = 4,
    side = sideOf(width, columns, gap, shape[2]);
  const held = [a, b].map(({ x }) => (x ? pixels(x, clip) : null));
  [a, b].forEach((of, i) => {
    const canvas = $(`#ab-c${'ab'[i]}`, body);
    canvas.hidden = !held[i];
    if (!held[i]) return;
    const count = Math.min(of.count, most);
    const { astray: corners, lost } = of;
    drawTiles(canvas, { values: held[i], shape, count, columns, side, gap, corners, lost });
    canvas.setAttribute('aria-label', `The first ${count} samples of ${'AB'[i]}, ${of.name}`);
  });
  const canvas = $('#ab-cd', body);
  canvas.hidden = !held[0] || !held[1];
  if (canvas.hidden) return;
  if (shape[0] > 1)
    $('#ab-hd span', body).textContent = 'mean of the colours; brown: A is lighter, blue: B; full at ±1';
  const values = difference(held[0], held[1], shape),
    count = Math.min(a.count, b.count, most),
    lost = [...a.lost, ...b.lost];
  drawTiles(canvas, { values, shape: [1, ...shape.slice(1)], count, columns, side, gap, lost, apart: true });
  canvas.setAttribute('aria-label', `A minus B for the first ${count} samples`);
}

function plots(body, { a, b, true: text, kind }) {
  const [mine, its, exact] = [a.x ?? '', b.x ?? '', text].map(points),
    range = rangeOf(exact.length ? [exact] : [mine, its]),
    size = Math.min($('.ab-pictures figure', body).clientWidth, 340, Math.max(220, innerHeight * 0.32)),
    colours = [T.onestep, T.multisteptext],
    where = kind === 'line' ? ALONG : 'grey: where its exact path ends';
  drawPoints($('#ab-ca', body), size, { range, mine, exact, astray: a.astray, colour: colours[0] });
  drawPoints($('#ab-cb', body), size, { range, mine: its, exact, astray: b.astray, colour: colours[1] });
  drawBetween($('#ab-cd', body), size, { range, a: mine, b: its, colours });
  $('#ab-ca', body).setAttribute('aria-label', `Samples of A, ${a.name}; ${where}`);
  $('#ab-cb', body).setAttribute('aria-label', `Samples of B, ${b.name}; ${where}`);
  $('#ab-cd', body).setAttribute('aria-label', 'Ends of A and B from one noise, joined by a line');
}

function tables(body, { differs, settings, comes }) {
  $('#ab-differ', body).textContent = `${differs.length} of ${settings} settings`;
  const head = (last) =>
    `<thead><tr><td></td><th scope="col">${CHIP.a}</th><th scope="col">${CHIP.b}</th>${last}</tr></thead>`;
  const row = (cells) => `<tr><th scope="row">${cells[0]}</th>${cells.slice(1).join('')}</tr>`;
  const cell = (text, bold) => tag('td', { class: bold ? 'b' : null }, split(text));
  const settingRows = differs.map(([name, mine, its]) => row([name, cell(mine), cell(its)]));
  $('#ab-settings', body).innerHTML = `${head('')}<tbody>${settingRows.join('')}</tbody>`;
  const rows = comes.map((c) => row([c.name, cell(c.a, c.ahead === 'a'), cell(c.b, c.ahead === 'b'), cell(c.ratio)]));
  $('#ab-comes', body).innerHTML = `${head('<th scope="col">B/A, 95 %</th>')}<tbody>${rows.join('')}</tbody>`;
}

// An interval goes below its value.
const split = (text) => String(text).replace(/ (\([^()]*\))$/, ' <small>$1</small>');
