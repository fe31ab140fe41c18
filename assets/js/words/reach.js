// Words by key: F1 opens the card of the word beside what has the focus, and pressed again that of the next.
// So the words of controls, heads and columns need no place of the Tab key of their own.

import { $$ } from '../state.js';

const HOLDERS =
    '.row, tr, .strip-head, .headline, .key, .scroll, .seg, .cell, .choose, .status, header, figure, .group',
  HELD = 'button, a[href], input, select, textarea, summary, [tabindex]';

const seen = (e) => e.checkVisibility({ visibilityProperty: true });
const stops = (e) => e.tabIndex >= 0 && !e.disabled && seen(e);

/** The words that F1 opens from there, the nearest first.
 * @param {Element | null} at what has the focus @returns {HTMLElement[]} */
export function wordsBeside(at) {
  const holder = at?.closest(HOLDERS) ?? at?.closest('p, li, dd') ?? at;
  if (!holder || holder === document.body) return [];
  const own = [...(holder.matches('[data-word]') ? [holder] : []), ...$$('[data-word]', holder)],
    told = holder.matches('.row') ? $$('.help [data-word]', holder.closest('.group') ?? holder) : [],
    all = [...new Set([...own, ...told])].filter(seen),
    first = Math.max(
      all.findIndex((one) => at.contains(one)),
      0,
    );
  return [...all.slice(first), ...all.slice(0, first)];
}

/** What has the focus for a word: itself, or the control beside it.
 * @param {HTMLElement} word @returns {HTMLElement | undefined} */
export function stopOf(word) {
  if (word.tabIndex >= 0) return word;
  const within = word.closest('button, a[href], select, summary');
  if (within && stops(within)) return within;
  for (let at = word.closest(HOLDERS); at; at = at.parentElement?.closest(HOLDERS)) {
    const found = stops(at) ? at : $$(HELD, at).find(stops);
    if (found) return found;
  }
}
