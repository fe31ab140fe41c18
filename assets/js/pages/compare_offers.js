// What may be done with what was measured: a button each, which takes its values to another page or copies code.

import { copy } from '../help.js';
import { $ } from '../state.js';

let offered = [];

/** @param {{use: Function, open: Function}} line see app.js */
export function init(line) {
  $('#compare-offers').onclick = (e) => {
    const offer = offered[e.target.closest('button')?.dataset.at];
    if (!offer) return;
    if (offer.copy) {
      copy(offer.copy, e.target.closest('button'));
      return;
    }
    if (offer.page === 'train') {
      document.dispatchEvent(new CustomEvent('train-with', { detail: offer.values }));
      line.open('train');
      return;
    }
    line.open('explore');
    line.use(offer.values, (k) => /^(timesteps|solver)\./.test(k));
  };
}

/** @param {{text: string, title?: string, copy?: string, values?: Record<string, unknown>, page?: string}[]} offers */
export function show(offers) {
  const before = JSON.stringify(offered);
  offered = offers;
  if (before === JSON.stringify(offers)) return; // a button that is being pressed stays
  $('#compare-offers').hidden = !offers.length;
  $('#compare-offers').replaceChildren(
    ...offers.map((offer, i) => {
      const b = document.createElement('button');
      b.className = 'ghost';
      b.dataset.at = String(i);
      b.textContent = offer.text;
      if (offer.title) b.title = offer.title;
      return b;
    }),
  );
}
