// Where the card of a lesson stands on Explore: in the shelf's place; a band between the stage and the strips where
// the window is narrow and high; first in the panel, with its one control below, where it is narrow and low.

import { $ } from '../state.js';
import { presenting } from '../present/present.js';

const NARROW = '(min-width: 600px) and (max-width: 999px)',
  band = matchMedia(`${NARROW} and (min-height: 880px)`),
  panel = matchMedia(`${NARROW} and (max-height: 879px)`);

// a lecture shows no settings
const inPanel = () => panel.matches && !presenting();

/** @param {() => void} moved  the window has come to another place for it */
export function whenPlaced(moved) {
  for (const query of [band, panel]) query.addEventListener('change', moved);
}

/** Puts the card in its place. @param {HTMLElement} box  the card */
export function place(box) {
  const [parent, before] = inPanel()
    ? [$('.controls'), $('.controls').firstElementChild]
    : band.matches || presenting() // there an area of its own
      ? [$('.page'), $('.spine')]
      : [$('.stage'), $('.stage > .shelf')];
  if (before === box || (box.parentElement === parent && box.nextElementSibling === before)) return;
  parent.insertBefore(box, before);
}

/** In the panel: it comes to sight with the settings. */
export function show() {
  const settings = /** @type {HTMLInputElement} */ ($('#beside input'));
  if (!inPanel() || settings.checked) return;
  settings.checked = true;
  settings.dispatchEvent(new Event('change', { bubbles: true }));
}
