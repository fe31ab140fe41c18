// The figure of what Compare has measured, as its box has room for.

import { $ } from '../state.js';
import { enlarged, plot } from '../draw/figure.js';
import { themed } from '../theme.js';
import { withPictures } from '../draw/pictures.js';
import { apart } from './compare_names.js';

const NARROW = 560; // pixels below which a figure has no room for names at its side

/** @param {any} box @param {any} figure @param {boolean} busy @param {boolean} beside what its names would say
 * more stands beside it */
export function drawFigure(box, figure, busy, beside) {
  const meta = figure?.layout.meta,
    narrow = box.clientWidth < NARROW ? meta?.narrow : null,
    own = narrow ?? (beside ? meta?.bare : null) ?? {};
  $('#compare-names').innerHTML = narrow
    ? (meta.names ?? []).map(([name, colour]) => `<span style="color:${themed(colour)}">${name}</span>`).join('')
    : '';
  box.style.height = narrow?.height && innerWidth < 600 ? `${narrow.height}px` : '';
  plot('#fig-compare', figure, words(busy), (layout) => {
    const margin = { ...layout.margin, ...enlarged(own.margin, 'margin') },
      made = { ...layout, ...enlarged(themed(own)), margin, title: { text: '' }, height: layout.height };
    if (beside) made.dragmode = false; // a drag moves the line
    const notes = apart(made.annotations ?? [], made.height - (margin.t ?? 0) - (margin.b ?? 0));
    return withPictures({ ...made, annotations: notes });
  });
}

const words = (busy) =>
  busy
    ? 'Measuring …'
    : 'Choose solvers and run the sweep.<br>Curves appear as they are measured;<br>Cancel keeps what is there.';
