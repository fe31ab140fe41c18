// What leaves the page: one menu beside "Copy link", whose items are offered by whoever makes them.
//
//   offer('explore', { label: 'Run card', act })
//
// `act` may take its time: the item waits meanwhile.  A sentence that it resolves to is said in the menu,
// which stays; with nothing to say the menu closes.

import { $, S } from '../state.js';
import { escaped, tag } from '../schedules/svg.js';
import { place } from '../words/place.js';

const items = []; // {place, label, act, note, group}

/** One more item of a page's menu.
 * @param {string} page the name of the page, or '' for all of them
 * @param {{label: string, act: () => any, note?: string, group?: string, order?: number}} item
 *   note: what it is, as its title; group: the head that it stands under; order: small ones stand first */
export function offer(page, item) {
  items.push({ page, group: '', note: '', order: 50, ...item });
  offered(S.page);
}

const of = (page) => items.filter((item) => !item.page || item.page === page).sort((a, b) => a.order - b.order);

/** A page comes on show: where nothing leaves it there is no button. @param {string} page */
export function offered(page) {
  $('#export').hidden = !of(page).length;
}

/** Wires the button, once. */
export function initLeave() {
  const box = $('#leave');
  box.addEventListener('beforetoggle', (e) => e.newState === 'open' && fill(box));
  box.addEventListener('toggle', (e) => {
    $('#export').setAttribute('aria-expanded', String(e.newState === 'open'));
    if (e.newState !== 'open') return;
    place(box, $('#export'));
    $('button', box)?.focus({ preventScroll: true });
  });
  box.onclick = (e) => {
    const button = e.target.closest('button[data-item]');
    if (button) take(box, button, items[+button.dataset.item]);
  };
  box.onkeydown = (e) => walk(box, e);
}

function fill(box) {
  const groups = Map.groupBy
    ? Map.groupBy(of(S.page), ({ group }) => group)
    : of(S.page).reduce((all, item) => all.set(item.group, [...(all.get(item.group) ?? []), item]), new Map());
  const made = [...groups].map(([name, all]) => (name ? tag('h4', {}, escaped(name)) : '') + all.map(button).join(''));
  box.innerHTML = `${made.join('')}<p class="said" role="status"></p>`;
}

const button = (item) =>
  tag(
    'button',
    { type: 'button', class: 'ghost', 'data-item': items.indexOf(item), title: item.note || null },
    escaped(item.label),
  );

async function take(box, button, item) {
  const said = $('.said', box);
  if (button.getAttribute('aria-busy')) return;
  button.setAttribute('aria-busy', 'true');
  said.textContent = '';
  const sentence = await item.act();
  button.removeAttribute('aria-busy');
  if (!sentence) return box.hidePopover();
  if (!box.matches(':popover-open')) box.showPopover(); // closed meanwhile: it is said all the same
  $('.said', box).textContent = sentence;
}

// Up, Down, Home and End go through the items, as in any menu.
function walk(box, e) {
  const all = [...box.querySelectorAll('button')],
    at = all.indexOf(document.activeElement),
    to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[e.key];
  if (to == null) return;
  e.preventDefault();
  e.stopPropagation();
  all[to % all.length].focus();
}
