// The left column of a page with a form of its own: Explore's settings leave it, but for the data (and the model),
// which stand within the form as long as that page is on show.

import { $, $$ } from '../state.js';

const PHONE = '(max-width: 599px), (max-height: 560px)'; // where the form is folded

/** The forms take their place in the column; on a small screen they begin folded. */
export function mount(page) {
  const own = $(`[data-own][data-body="${page}"]`);
  $('.controls').append(own);
  const fold = $('.own-fold', own),
    small = matchMedia(PHONE),
    suit = () => (fold.open = !small.matches);
  suit();
  small.addEventListener('change', suit);
}

let home = null; // where Explore's group belongs

/** Explore's group of data is within this page's form. */
export function lend(page) {
  const group = $('.group[data-group="data"]'),
    slot = $(`[data-own][data-body="${page}"] [data-slot="data"]`);
  if (!slot || slot.contains(group)) return;
  if (!home) {
    home = document.createComment('data');
    group.before(home);
  }
  slot.append(group);
}

/** It is Explore's again. */
export function giveBack() {
  if (!home) return;
  home.after($('.group[data-group="data"]'));
  home.remove();
  home = null;
}

/** A setting that does not apply is dimmed, and the reason stands below it; null: it applies.
 * @param {string} field @param {string | null} why @param {string} [place] of the reason */
export function apply(field, why, place = `${field}-why`) {
  const input = $(field);
  input.disabled = why != null;
  input.closest('.row')?.classList.toggle('dim', why != null);
  for (const p of $$(place)) {
    p.hidden = why == null;
    p.textContent = why ?? '';
  }
}
