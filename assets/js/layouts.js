// Where a window has no room for all of Explore at once: what stands in the stage's place, what beside it, and
// which strip between the steps and the error.  How each window is divided is for the style sheets to say.

import { $ } from './state.js';

/** @param {() => void} draw  what came into sight has no size before */
export function initLayouts(draw) {
  const page = $('.page');
  for (const name of ['corner', 'beside']) {
    const root = $(`#${name}`);
    page.dataset[name] = $('input:checked', root).value;
    root.addEventListener('change', (e) => {
      page.dataset[name] = e.target.value;
      draw();
    });
  }
}
