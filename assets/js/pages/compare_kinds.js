// What Compare can measure: a button `compare-NAME` each, in groups by what they ask, one of them open.

import { $$ } from '../state.js';

const buttons = () => $$('.asked .runs button');
const nameOf = (button) => button.id.slice('compare-'.length);

export const known = (name) => buttons().some((b) => nameOf(b) === name);

/** @param {(name: string) => void} begin measures that */
export function wireKinds(begin) {
  for (const b of buttons()) b.onclick = () => begin(nameOf(b));
  for (const g of $$('.asked [data-of]')) g.onclick = () => openGroup(g.dataset.of);
}

/** Presses the button of what is measured, and opens its group. */
export function markKind(kind) {
  for (const b of buttons()) {
    b.setAttribute('aria-pressed', nameOf(b) === kind);
    if (nameOf(b) === kind) openGroup(b.parentElement.dataset.group);
  }
}

function openGroup(name) {
  for (const g of $$('.asked [data-of]')) g.setAttribute('aria-expanded', g.dataset.of === name);
  for (const r of $$('.asked [data-group]')) r.hidden = r.dataset.group !== name;
}
