// The cells of a map as a table of links: colour, number, outline of what is level with the best; arrow keys move,
// and a card tells of the cell under the pointer or the focus.

import { number, short, times } from '../numbers.js';
import { $, $$ } from '../state.js';
import { escaped } from '../schedules/svg.js';
import { few, inks, MOST, ramp, step } from './map_ramp.js';

let on = null, // the map that is drawn
  colours = [];

const at = (i, j) => on.cells.find((c) => c.at[0] === i && c.at[1] === j);

/** @param {HTMLElement} box @param {any} map as the server tells it @param {{next: boolean}} how */
export function drawGrid(box, map, how) {
  on = map;
  const held = box.querySelector('td :focus')?.closest('td')?.dataset.at;
  colours = ramp(...inks());
  const up = map.up.names.map((name, i) => ({ name, i })).reverse(),
    across = map.across.names;
  box.querySelector('table').innerHTML =
    `<caption>${escaped(map.up.label)} up, ${escaped(map.across.label)} across: ${escaped(map.measure)}</caption>` +
    `<tbody>${up.map(({ name, i }) => rowOf(name, i, across, how)).join('')}</tbody>` +
    `<tfoot><tr><td></td>${across.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')}</tr></tfoot>`;
  box.querySelector('.of-up').textContent = map.up.label;
  box.querySelector('.of-across').textContent = map.across.label;
  const links = $$('td > *', box).filter((el) => el.matches('a, span[tabindex]'));
  const last = (held && box.querySelector(`td[data-at="${held}"] > *`)) || links[0];
  last?.setAttribute('tabindex', '0');
  if (held) last?.focus({ preventScroll: true });
}

function rowOf(name, i, across, how) {
  const cells = across.map((_, j) => cellOf(at(i, j), i, j, how)).join('');
  return `<tr><th scope="row"${on.up.own === i ? ' class="own-value"' : ''}>${escaped(name)}</th>${cells}</tr>`;
}

function cellOf(cell, i, j, how) {
  const place = `data-at="${i},${j}"`;
  if (cell.value) {
    const { ground, ink } = colours[step(cell.ratio[0])],
      style = `background:${ground};color:${ink}`,
      said = escaped(plain(cell));
    const link = `<a href="?${escaped(cell.query)}" tabindex="-1" style="${style}" aria-label="${said}">`;
    return `<td ${place} class="${edges(cell, i, j)}">${link}${few(cell.value[0])}</a></td>`;
  }
  if (cell.why) {
    const mark = cell.blew ? '×' : '';
    const said = escaped(plain(cell));
    return `<td ${place} class="none"><span tabindex="-1" role="img" aria-label="${said}">${mark}</span></td>`;
  }
  const hand = how.next && on.next && on.next[0] === i && on.next[1] === j;
  return `<td ${place} class="${hand ? 'in-hand' : 'left'}"><span>${hand ? '…' : ''}</span></td>`;
}

// The outline runs around neighbours that are level together.
function edges(cell, i, j) {
  if (!cell.level || !on.sure) return '';
  const level = (a, b) => at(a, b)?.level,
    sides = [
      ['t', level(i + 1, j)],
      ['b', level(i - 1, j)],
      ['l', level(i, j - 1)],
      ['r', level(i, j + 1)],
    ];
  const groups = { 0: 'tb', 1: 'lr' }[on.by] ?? ''; // other groups have a best of their own
  const open = ([side, there]) => !there || groups.includes(side);
  return ['level', ...sides.filter(open).map(([side]) => `e-${side}`)].join(' ');
}

const named = (cell) => `${on.up.label} ${on.up.names[cell.at[0]]}, ${on.across.label} ${on.across.names[cell.at[1]]}`;
const range = (low, high) => (low == null ? '' : `, 95 % ${short(low)} to ${short(high)}`);

// write: how the value itself is written.
function facts(cell, write = number) {
  if (cell.why) return [cell.why];
  const [v, low, high] = cell.value,
    [r, from, to] = cell.ratio;
  const against = { 0: 'of its row', 1: 'of its column' }[on.by] ?? 'of the map';
  const level = !cell.best && cell.level && on.sure ? ': cannot be told from it' : '';
  const best = cell.best ? `the best ${against}` : `${times(r)} × the best ${against}`;
  return [
    `${write(v)} ${on.measure}${range(low, high)}`,
    `${best}${cell.best || from == null ? '' : `, 95 % ${times(from)} to ${times(to)}`}${level}`,
    `worst ${short(cell.worst)}, ${cell.nfe} evaluations`,
  ];
}

// A name holds the number as it stands in the cell.
const plain = (cell) => [named(cell), ...facts(cell, few)].join('. ');

/** Wires a map's box, once. @param {HTMLElement} box @param {(cell: any, shift: boolean) => void} press */
export function initGrid(box, press) {
  const table = box.querySelector('table'),
    card = box.querySelector('.map-card');
  const cellAt = (el) => {
    const [i, j] = (el?.closest?.('td[data-at]')?.dataset.at ?? '').split(',').map(Number);
    return Number.isFinite(j) ? at(i, j) : null;
  };
  const tell = (el) => {
    const cell = cellAt(el);
    card.hidden = !cell || !(cell.value || cell.why);
    if (card.hidden) return;
    const more = cell.value ? '<i>Press: open in Explore. Shift: beside this view</i>' : '';
    card.innerHTML = `<b>${escaped(named(cell))}</b>${facts(cell)
      .map((f) => `<span>${escaped(f)}</span>`)
      .join('')}${more}`;
    const own = el.closest('td').getBoundingClientRect(),
      all = box.getBoundingClientRect();
    const left = Math.min(own.right - all.left + 8, all.width - card.offsetWidth - 4),
      below = own.bottom - all.top + 6;
    card.style.left = `${Math.max(4, left)}px`;
    const fits = below + card.offsetHeight <= all.height;
    card.style.top = `${fits ? below : Math.max(0, own.top - all.top - card.offsetHeight - 6)}px`;
  };
  table.onpointerover = (e) => tell(e.target);
  table.onpointerleave = () => (card.hidden = true);
  table.addEventListener('focusin', (e) => tell(e.target));
  table.addEventListener('focusout', () => (card.hidden = true));
  table.onkeydown = (e) => {
    if (e.key === 'Escape') card.hidden = true;
    move(table, e);
  };
  table.onclick = (e) => {
    const link = e.target.closest('td a');
    if (!link || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    press(cellAt(link), e.shiftKey);
  };
}

const WAYS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// To the next cell that says something, in that direction.
function move(table, e) {
  const way = WAYS[e.key];
  if (!way || !on) return;
  const from = e.target.closest('td[data-at]')?.dataset.at.split(',').map(Number);
  if (!from) return;
  e.preventDefault();
  e.stopPropagation();
  let [i, j] = from;
  for (;;) {
    [i, j] = [i + way[0], j + way[1]];
    const cell = $(`td[data-at="${i},${j}"]`, table);
    if (!cell) return;
    const there = $('a, span[tabindex]', cell);
    if (!there) continue;
    for (const el of $$('[tabindex="0"]', table)) el.setAttribute('tabindex', '-1');
    there.setAttribute('tabindex', '0');
    there.focus();
    return;
  }
}

const bit = ({ ground }) => `<i style="background:${ground}"></i>`;
/** The key below the map. */
export const keyOf = () =>
  `<span class="ramp" aria-hidden="true">${colours.map(bit).join('')}` +
  `</span><span>× 1 to × ${MOST} and more</span>`;
