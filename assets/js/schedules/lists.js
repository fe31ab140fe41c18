// The lists beside the figure: one row each, sorted by dragging or by keys, and taken away.

import { escaped } from './svg.js';

/** @param {{name: string, label: string, levels: number[], role: string}[]} rows @param {string[]} inks */
export const items = (rows, inks) => rows.map((row, k) => item(row, k, inks[k])).join('');

function item(row, k, ink) {
  const n = Math.max(row.levels.length - 1, 0),
    name = escaped(row.label),
    count = `${n} ${n === 1 ? 'step' : 'steps'}`,
    title = 'Alt and an arrow key moves it';
  const gone = `<button class="plain" data-gone="${k}" aria-label="Take ${name} away">×</button>`,
    said = `${name}, ${count}: show its steps`,
    show = `<button class="plain" data-k="${k}" title="${title}" aria-label="${said}">${name}</button>`;
  return (
    `<li draggable="true" data-k="${k}" style="--w:${ink}"><i></i>${show}` +
    `<span>${count}</span>${row.role === 'yours' ? '<span></span>' : gone}</li>`
  );
}

/** The names in another order: the one at `from` goes to `to`.
 * @param {string[]} names @param {number} from @param {number} to */
export function moved(names, from, to) {
  const rest = names.filter((_, k) => k !== from);
  return [...rest.slice(0, to), names[from], ...rest.slice(to)];
}

/** @param {HTMLElement} list
 * @param {{order: (from: number, to: number) => void, gone: (k: number) => void, chosen: (k: number) => void}} hear */
export function sorting(list, { order, gone, chosen }) {
  let from = null;
  const at = (e) => e.target.closest('li');
  list.addEventListener('dragstart', (e) => {
    from = +at(e).dataset.k;
    e.dataTransfer.effectAllowed = 'move';
    e.dataTransfer.setData('text/x-list', String(from));
  });
  list.addEventListener('dragover', (e) => {
    if (from == null || !at(e)) return;
    e.preventDefault();
    for (const li of list.children) li.classList.toggle('over', li === at(e));
  });
  list.addEventListener('drop', (e) => {
    if (from == null || !at(e)) return;
    e.preventDefault();
    e.stopPropagation();
    const to = +at(e).dataset.k;
    if (to !== from) order(from, to);
  });
  list.addEventListener('dragend', () => {
    from = null;
    for (const li of list.children) li.classList.remove('over');
  });
  list.addEventListener('click', (e) => {
    const b = e.target.closest('button');
    if (!b) return;
    if (b.dataset.gone) gone(+b.dataset.gone);
    else chosen(+b.dataset.k);
  });
  list.addEventListener('keydown', (e) => {
    const k = +(at(e)?.dataset.k ?? -1),
      to = k + { ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (!e.altKey || !(to >= 0 && to < list.children.length)) return;
    e.preventDefault();
    order(k, to);
    list.querySelector(`li[data-k="${to}"] button`)?.focus();
  });
}
