// “Vary solver 6 on time steps of the settings against NFE 8 …”: a sweep as a sentence, whose words open what can be
// chosen.

import { $, $$, S } from '../state.js';
import { place } from '../words/place.js';
import * as along from './compare_along.js';

const pressed = (row) => $$(`#compare-${row} [aria-pressed=true]`);

/** Each word opens its popover below it. */
export function init() {
  for (const word of $$('#compare-words [data-opens]')) {
    const box = $(`#pop-${word.dataset.opens}`);
    word.onclick = () => {
      if (word.dataset.opens === 'along') along.draw();
      box.togglePopover();
      if (box.matches(':popover-open')) place(box, word);
    };
    box.addEventListener('toggle', (e) => word.setAttribute('aria-expanded', String(e.newState === 'open')));
  }
}

/** The sentence as it is asked. */
export function draw() {
  const solvers = pressed('solvers').map((b) => b.textContent),
    grids = pressed('grids').map((b) => b.textContent),
    [label, count] = along.said(),
    word = (opens) => $(`#compare-words [data-opens="${opens}"]`);
  put(word('solvers'), 'solver', solvers.length, solvers);
  put(word('grids'), grids.length === 1 ? grids[0] : 'time steps', ['as set', ''][grids.length] ?? grids.length, grids);
  put(word('along'), label, count, []);
  $('#compare-of').textContent = `${S.values.samples} samples`;
  const cells = solvers.length * count * Math.max(1, grids.length);
  $('#compare-count').textContent = `${cells} cells`;
}

function put(word, text, count, names) {
  const small = document.createElement('small');
  small.textContent = count;
  word.replaceChildren(text, ' ', small);
  word.title = names.join(', ');
}
