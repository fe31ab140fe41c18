// Beside a map: the other pairs of settings of the same data and model that were measured in this browser, each as a
// small picture with what can be said of it; and those that may be measured next.

import { S } from '../state.js';
import { escaped } from '../schedules/svg.js';
import { inks, ramp, step, STEPS } from './map_ramp.js';
import * as sentence from './sentence.js';
import * as studies from './studies.js';

const MOST = 3, // on show
  W = 124,
  H = 76, // pixels of a picture
  NONE = '-', // a cell without a value
  NEXT = [
    ['solver', 'timesteps'],
    ['s_churn', 's_noise'],
    ['timesteps.rho', 'nfe'],
  ];

let drawn = '';

const place = (ratio) => String.fromCharCode(97 + Math.round((25 * step(ratio)) / STEPS)); // a the best, z the worst
const of = () => `${S.values.data} ${S.values.model}`;
const same = (a, b) => [...a].sort().join() === [...b].sort().join();

/** What a study keeps of its map, to be shown beside others: a letter for each cell, the first statement.
 * @param {any} shown the news of a map */
export function summary({ map, said, title }) {
  const letter = (i, j) => {
    const cell = map.cells.find(({ at }) => at[0] === i && at[1] === j);
    return cell?.value ? place(cell.ratio[0]) : NONE;
  };
  const tiny = map.up.names.map((_, i) => map.across.names.map((_, j) => letter(i, j)).join('')).reverse();
  const { head, text } = said[0] ?? { head: title, text: '' };
  return { pair: [map.up.key, map.across.key], of: of(), tiny, head, text };
}

const whole = ({ pair, tiny, head, text }) =>
  [pair, tiny].every((list) => Array.isArray(list) && list.every((word) => typeof word === 'string')) &&
  [head, text].every((words) => typeof words === 'string');

/** @param {HTMLElement} box @param {string[]} pair on show */
export function drawPairs(box, pair) {
  const kept = studies.list().filter((s) => s.of === of() && whole(s) && !same(s.pair, pair)),
    newest = kept.filter((s, k) => kept.findIndex((other) => same(s.pair, other.pair)) === k).slice(0, MOST),
    fits = new Map(sentence.settings().map(({ key, label }) => [key, label])),
    known = [pair, ...newest.map((s) => s.pair)],
    next = NEXT.filter((two) => two.every((key) => fits.has(key)) && !known.some((other) => same(two, other)));
  box.hidden = !newest.length && !next.length;
  const colours = newest.length ? ramp(...inks()) : [];
  const html =
    `<h2>Other pairs <span>${newest.length ? 'measured, same data and model' : 'of this view'}</span></h2>` +
    newest.map((study) => thumb(study, colours)).join('') +
    next.map((two) => offer(two, fits)).join('');
  if (drawn === html) return; // the focus stays
  box.innerHTML = drawn = html;
}

/** The pair that a button of the box offers. @param {HTMLElement} button */
export const offered = (button) => button.dataset.pair?.split(',') ?? null;

function thumb({ name, about, query, tiny, head, text, done, total }, colours) {
  const part = done < total ? `, ${done} of ${total} cells` : '';
  return (
    `<a class="pair" href="?${escaped(query)}">${picture(tiny, colours)}<span><b>${escaped(name)}</b> ` +
    `<small>${escaped(about ?? '')}${part}</small> ${escaped(head)} ${escaped(text)}</span></a>`
  );
}

function picture(rows, colours) {
  const [w, h] = [W / Math.max(1, rows[0]?.length ?? 1), H / Math.max(1, rows.length)];
  const cell = (letter, i, j) => {
    const k = letter.charCodeAt(0) - 97,
      ground = k >= 0 && k <= 25 ? colours[Math.round((STEPS * k) / 25)].ground : 'none',
      at = `x="${(j * w + 0.5).toFixed(1)}" y="${(i * h + 0.5).toFixed(1)}"`,
      size = `width="${Math.max(1, w - 1).toFixed(1)}" height="${Math.max(1, h - 1).toFixed(1)}"`;
    return `<rect ${at} ${size} rx="1.5" fill="${ground}"${ground === 'none' ? ' stroke="var(--line)"' : ''}/>`;
  };
  const cells = rows.map((row, i) => [...row].map((letter, j) => cell(letter, i, j)).join('')).join('');
  return `<svg viewBox="0 0 ${W} ${H}" width="${W}" height="${H}" aria-hidden="true">${cells}</svg>`;
}

function offer(two, labels) {
  const [up, across] = two.map((key) => escaped(labels.get(key))),
    count = two.map((key) => sentence.count(sentence.usual(key))).reduce((a, b) => a * b);
  return (
    `<p class="pair-next"><b>${up} × ${across}</b> is not measured yet. ` +
    `<button type="button" class="ghost" data-pair="${two.join()}">Measure ${count} cells</button></p>`
  );
}
