// Beside a sweep's figure: how many times the best's error each makes at one cost, and what can be said there.  The
// server sends every cost at once, so the forest follows the line in the figure without asking.

import { times } from '../numbers.js';
import { $ } from '../state.js';
import { escaped } from '../schedules/svg.js';
import { light as colourOf, themed } from '../theme.js';
import * as line from './nfe_line.js';

const TICKS = [1, 2, 5, 10, 20, 50, 100, 1000, 10000];
let on = null, // the forest on show
  figure = null, // its figure, which knows how each curve looks
  at = null, // the cost that a person or a link has chosen
  table = false, // in the figure's place
  changed = () => {},
  open = () => {};

export const keys = ['at'];
export const write = (params) => at != null && params.set('at', String(at));
export function read(params) {
  const cost = Number(params.get('at'));
  at = params.has('at') && Number.isFinite(cost) ? cost : null;
}

export const tabled = () => Boolean(on) && table;

/** The stop at the line: as chosen, else the view's own value, else the largest cost that most are measured at. */
export function stop() {
  if (!on) return null;
  const most = Math.max(...on.stops.map(({ rows }) => rows.length));
  const named = (value) => on.stops.find((stop) => stop.at === value);
  return named(at) ?? named(on.own) ?? on.stops.findLast(({ rows }) => rows.length === most);
}

/** @param {any} app see app.js @param {(elsewhere: boolean) => void} then the line stands elsewhere, or else
 * the table has come or gone */
export function init(app, then) {
  changed = then;
  open = (row) => {
    app.open('explore');
    app.use({ ...on.values[row.name], ...row.here }, (k) => k.split('.')[0] in on.values[row.name]);
  };
  line.init($('#fig-compare'), (cost) => {
    at = cost;
    changed(true);
  });
  const side = $('#compare-forest');
  side.onclick = (e) => {
    const link = e.target.closest('a[data-at]');
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    open(stop().rows[link.dataset.at]);
  };
  for (const [kind, lit] of [
    ['pointerover', true],
    ['pointerout', false],
    ['focusin', true],
    ['focusout', false],
  ])
    side.addEventListener(kind, (e) => light(lit ? e.target.closest('tr[data-name]')?.dataset.name : null));
  $('#compare-tabled').onclick = () => {
    table = !table;
    changed(false);
  };
}

// One curve before the others, or all alike.
function light(name) {
  const box = $('#fig-compare');
  if (box.dataset.lit === (name ?? '') || !box.data) return;
  box.dataset.lit = name ?? '';
  Plotly.restyle(box, { opacity: box.data.map((t) => (!name || t.name === name ? 1 : 0.2)) });
}

/** @param {any} shown the news of a measurement: its forest, if it has one, and the figure beside it */
export function show(shown) {
  [on, figure] = [shown?.forest?.stops ? shown.forest : null, shown?.figure];
  const results = $('.results');
  results.classList.toggle('forested', Boolean(on));
  results.classList.toggle('tabled', tabled());
  $('#compare-tabled').hidden = !on;
  $('#compare-tabled').setAttribute('aria-pressed', String(table));
  if (!on) return;
  const { where, rows, said } = stop();
  const held = document.activeElement?.closest?.('#compare-forest a')?.dataset.at;
  const head = shown.count < shown.total ? 'So far' : 'What can be said';
  $('#compare-forest').innerHTML =
    `<table class="forest"><caption><b>At ${escaped(where)}</b> times the best, paired, 95 % each</caption>` +
    `<tbody>${rows.map(rowOf).join('')}</tbody>` +
    `<tfoot><tr><td></td><td class="track">${axis()}</td><td></td></tr></tfoot></table>` +
    `<h2>${head}</h2><ul>${said.map(statement).join('')}</ul>${orders()}`;
  if (held) $(`#compare-forest a[data-at="${held}"]`)?.focus({ preventScroll: true });
}

/** Puts the line over the figure as it is drawn. */
export const placeLine = () => line.place($('#fig-compare'), on && !table ? on.stops : [], stop(), on?.along);

const statement = ({ kind, head, text }) => `<li class="said-${kind}"><b>${escaped(head)}</b> ${escaped(text)}</li>`;

// ---- the scale, one for all costs, so that it holds still while the line is dragged ----------------

function ends() {
  const all = on.stops.flatMap(({ rows }) => rows.flatMap(({ ratio }) => ratio)).filter((v) => v > 0);
  return [Math.min(0.8, ...all) / 1.05, Math.max(3, ...all) * 1.15].map(Math.log);
}

function place(value) {
  const [low, high] = ends();
  return (100 * (Math.log(value) - low)) / (high - low);
}

function ticks() {
  const [low, high] = ends().map(Math.exp),
    wide = high / low > 60;
  return TICKS.filter((v) => v <= high && (!wide || v === 10 ** Math.round(Math.log10(v))));
}

const axis = () =>
  ticks()
    .map((v) => `<span style="left:${place(v).toFixed(1)}%">× ${v}</span>`)
    .join('');
const rules = () =>
  ticks()
    .map((v) => `<i class="${v === 1 ? 'one' : ''}" style="left:${place(v).toFixed(1)}%"></i>`)
    .join('');

// ---- a row --------------------------------------------------------------------------------------

const SHAPES = {
  circle: '<circle cx="6" cy="6" r="3.6"/>',
  square: '<rect x="2.6" y="2.6" width="6.8" height="6.8"/>',
  'triangle-up': '<path d="M6 1.8 10.2 9.6H1.8Z"/>',
  diamond: '<path d="M6 1.2 10.8 6 6 10.8 1.2 6Z"/>',
};

function rowOf({ name, ratio: [value, low, high], said, level, best, query }, k) {
  const { marker } = figure?.data?.find((t) => t.name === name) ?? {},
    colour = themed(marker?.color ?? colourOf('reference')),
    [shape, hollow] = (marker?.symbol ?? 'circle').split('-open');
  const whisker =
    low == null || high == null
      ? ''
      : `<b style="left:${place(low).toFixed(2)}%;width:${(place(high) - place(low)).toFixed(2)}%"></b>`;
  const mark =
    value > 0
      ? `<svg viewBox="0 0 12 12" style="left:${place(value).toFixed(2)}%" class="${hollow == null ? '' : 'hollow'}">` +
        `${SHAPES[shape] ?? SHAPES.circle}</svg>`
      : '';
  const words = best ? 'best' : value == null ? '–' : times(value);
  return (
    `<tr class="${level ? 'level' : ''}" data-name="${escaped(name)}"><th scope="row">` +
    `<a href="?${escaped(query)}" data-at="${k}" title="Open in Explore">${escaped(name)}</a></th>` +
    `<td class="track" style="color:${colour}" aria-hidden="true">${rules()}${whisker}${mark}</td>` +
    `<td title="${escaped(said)}" aria-label="${escaped(said)}">${words}</td></tr>`
  );
}

function orders() {
  if (!on.orders.length) return '';
  const rows = on.orders.map(
    ([name, order, nominal]) => `<tr><th scope="row">${escaped(name)}</th><td>${order}</td><td>${nominal}</td></tr>`,
  );
  return (
    '<table class="orders"><caption><b>Order</b> of the straight tail ± 95 %, and on paper</caption>' +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}
