// Figures and tables of the AMED page, as the server gives them.

import { $ } from '../state.js';
import { T, themed } from '../theme.js';

/** A figure of the server in its box, or words where there is none yet. */
export function figure(id, given, words) {
  const box = $(id);
  if (!window.Plotly || !box.clientWidth) return;
  const empty = {
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
  };
  const layout = {
    ...themed(given?.layout ?? empty),
    width: box.clientWidth - 2,
    height: box.clientHeight - 2,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
  };
  Plotly.react(box, (given?.data ?? []).map(themed), layout, { displayModeBar: false, responsive: false });
}

export const cells = (row) =>
  `<tr>${row.map((v) => `<td>${typeof v === 'number' ? v : (v ?? '–')}</td>`).join('')}</tr>`;
export const heads = (row) => `<tr>${row.map((v) => `<th scope="col">${v}</th>`).join('')}</tr>`;

/** The table of an answer, empty while there is none. */
export function table(id, given) {
  $(`${id}-head`).innerHTML = given ? heads(given.columns) : '';
  $(`${id}-rows`).innerHTML = (given?.table ?? []).map(cells).join('');
}
