// On a phone the solvers and the time steps of a sweep lie behind a line each, which names those that are chosen.

import { $, $$ } from '../state.js';

const ROWS = { solvers: ['Solvers', 'none'], grids: ['Time steps', 'of the settings'] };

/** The lines open what they are about, and name what is pressed there, whoever pressed it. */
export function init() {
  for (const [row, [name, none]] of Object.entries(ROWS)) {
    const line = $(`#pick-${row}`);
    const write = () => {
      const pressed = $$(`#compare-${row} [aria-pressed=true]`).map((b) => b.textContent);
      const count = `${pressed.length} of ${$$(`#compare-${row} [aria-pressed]`).length}`;
      line.innerHTML = `<span>${name}</span><span class="which"></span><b>${pressed.length ? count : ''}</b>`;
      const which = line.querySelector('.which');
      which.textContent = which.title = pressed.join(', ') || none;
    };
    line.onclick = () => line.setAttribute('aria-expanded', line.getAttribute('aria-expanded') !== 'true');
    const watched = { subtree: true, childList: true, attributeFilter: ['aria-pressed'] };
    new MutationObserver(write).observe($(`#compare-${row}`), watched);
    write();
  }
}
