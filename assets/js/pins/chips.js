// A chip for each pinned run: press it to compare with it; the chosen one is renamed, or opened as B of A/B.

import { $ } from '../state.js';
import { escaped } from '../schedules/svg.js';
import { SIGNS } from './ghosts.js';
import { LONGEST, chosen, nameOf, pins } from './held.js';

const SHAPES = {
  diamond: '<path d="M7 1.5 12.5 7 7 12.5 1.5 7z"/>',
  triangle: '<path class="full" d="M1.5 7 12.5 1.5v11z"/>',
  square: '<path class="full" d="M2.5 2.5h9v9h-9z"/>',
  ring: '<circle cx="7" cy="7" r="4.5"/>',
};

/** Its sign, in its colour. */
export const signOf = ({ slot }) =>
  `<svg class="pin-sign" viewBox="0 0 14 14" aria-hidden="true" style="color:var(--${SIGNS[slot].colour})">` +
  `${SHAPES[SIGNS[slot].shape]}</svg>`;

const classOf = (act) => (act === 'ab' ? 'side' : act);
const button = (act, query, name, words, title, more = '') =>
  `<button type="button" class="ghost ${classOf(act)}" data-act="${act}" data-query="${escaped(query)}" ` +
  `title="${escaped(title)}" aria-label="${escaped(`${title}: ${name}`)}"${more}>${words}</button>`;

function chip(pin) {
  const name = nameOf(pin),
    on = chosen() === pin,
    query = pin.query;
  const more = on
    ? button('ab', query, name, 'A/B', 'A/B: side by side, from the same noise') +
      button('rename', query, name, '✎', 'Rename')
    : '';
  return (
    `<span class="pin-chip" data-on="${on}">` +
    button(
      'choose',
      query,
      name,
      `${signOf(pin)}<span>${escaped(name)}</span>`,
      'Compare with',
      ` aria-pressed="${on}"`,
    ) +
    `${more}${button('remove', query, name, '×', 'Unpin')}</span>`
  );
}

// Beyond which of its edges the row goes on.
function edges() {
  const row = $('#pins'),
    room = row.scrollWidth - row.clientWidth;
  const more = [row.scrollLeft > 1 && 'before', row.scrollLeft < room - 1 && 'after'].filter(Boolean).join(' ');
  if ((row.dataset.more ?? '') !== more) row.dataset.more = more;
}

const ARROW = 32; // px of the arrow over its end
let drawn = '';
/** The row, only where it has changed: focus stays. */
export function drawChips() {
  const row = $('#pins'),
    html = pins.map(chip).join('');
  if (html === drawn || $('input', row)) return;
  drawn = html;
  const { act, query } = row.contains(document.activeElement) ? document.activeElement.dataset : {};
  row.innerHTML = html;
  row.hidden = !html;
  $('.spine').toggleAttribute('data-pins', Boolean(html));
  const on = $('[data-on=true]', row);
  if (on) row.scrollLeft = Math.max(row.scrollLeft, on.offsetLeft + on.offsetWidth + ARROW - row.clientWidth);
  edges();
  if (!act) return;
  const at = [...row.querySelectorAll('button')].filter((b) => b.dataset.query === query);
  (at.find((b) => b.dataset.act === act) ?? at[0] ?? $('button', row) ?? $('#pin')).focus();
}

/** @param {Record<string, (query: string, own?: string) => void>} act choose, remove, ab, rename */
export function initChips(act) {
  $('#pins').addEventListener('scroll', edges, { passive: true });
  new ResizeObserver(edges).observe($('#pins'));
  $('#pins').onclick = (e) => {
    const { act: name, query } = e.target.closest('button')?.dataset ?? {};
    if (!name) return;
    if (name !== 'rename') act[name](query);
    else edit(e.target.closest('.pin-chip'), query, act.rename);
  };
}

// A field in place of the name, until Enter, Escape or another place.
function edit(at, query, rename) {
  const pin = pins.find((p) => p.query === query),
    field = document.createElement('input');
  Object.assign(field, { value: nameOf(pin), maxLength: LONGEST });
  field.setAttribute('aria-label', `Name of the pinned run ${nameOf(pin)}; empty: after what it differs in`);
  const leave = (take) => {
    if (!field.isConnected) return;
    const { value } = field;
    field.onblur = null;
    field.remove();
    drawn = '';
    if (take && value !== nameOf(pin)) rename(query, value);
    drawChips();
    $(`#pins [data-act=rename]`)?.focus();
  };
  field.onkeydown = (e) => {
    if (e.key === 'Enter' || e.key === 'Escape') {
      e.preventDefault();
      e.stopPropagation();
      leave(e.key === 'Enter');
    }
  };
  field.onblur = () => leave(true);
  at.replaceChildren(field);
  field.select();
}
