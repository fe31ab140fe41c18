// A figure of the server, drawn by Plotly as large as its box.

import { $ } from '../state.js';
import { T, themed, type } from '../theme.js';

const CLEAR = 'rgba(0,0,0,0)';
const LEAST = 120; // pixels of height

const held = new Map(); // what each box shows, as the server has sent it

/** The figure that a box shows now, in the light theme's colours, or null. @param {string} id */
export const figureOf = (id) => held.get(id) ?? null;

/** The box of a figure that can be drawn now, else null: the page is not on show, or the library is not here. */
export function ready(id) {
  const box = $(id);
  return window.Plotly && box.clientWidth ? box : null;
}

const waiting = (words) => ({
  xaxis: { visible: false },
  yaxis: { visible: false },
  margin: { l: 0, r: 0, t: 0, b: 0 },
  annotations: [
    {
      text: words,
      showarrow: false,
      xref: 'paper',
      yref: 'paper',
      x: 0.5,
      y: 0.5,
      font: { size: 12, color: T.ink3 },
    },
  ],
});

/** A piece of a layout while presenting: words are larger, and so is the room beside a plot, where names stand. */
export function enlarged(node, within = '') {
  if (type(1) === 1 || !node || typeof node !== 'object') return node;
  if (Array.isArray(node)) return node.map((one) => enlarged(one));
  const grows = (key) => within === 'margin' || (key === 'size' && /font$/.test(within));
  return Object.fromEntries(
    Object.entries(node).map(([key, v]) => [key, grows(key) && typeof v === 'number' ? type(v) : enlarged(v, key)]),
  );
}

/** Draws a figure in its box, or, where there is none yet, the words for what will be there.
 * `edit(layout)` answers the layout, in this theme's colours and of this size, as the page wants it. */
export function plot(id, figure, words, edit = (layout) => layout) {
  held.set(id, figure?.data?.length ? figure : null);
  const box = ready(id);
  if (!box) return;
  const own = enlarged(themed(figure?.layout ?? waiting(words))),
    font = { size: type(12), ...own.font };
  const layout = {
    ...own,
    font,
    width: box.clientWidth - 2,
    height: Math.max(box.clientHeight - 2, LEAST),
    paper_bgcolor: CLEAR,
    plot_bgcolor: CLEAR,
  };
  Plotly.react(box, (figure?.data ?? []).map(themed), edit(layout), { displayModeBar: false, responsive: false });
}
