// A figure of a training.

import { $ } from '../state.js';
import { T, themed } from '../theme.js';

/** A figure of the server in its box, or the words for what will be there. */
export function plot(id, figure, nothing) {
  const box = $(id);
  if (!window.Plotly || !box.clientWidth) return;
  const given = figure ?? {
    data: [],
    layout: {
      xaxis: { visible: false },
      yaxis: { visible: false },
      annotations: [
        {
          text: nothing,
          showarrow: false,
          xref: 'paper',
          yref: 'paper',
          x: 0.5,
          y: 0.5,
          font: { color: T.ink3, size: 12 },
        },
      ],
    },
  };
  Plotly.react(
    box,
    given.data.map(themed),
    {
      ...themed(given.layout),
      width: box.clientWidth - 2,
      height: Math.max(box.clientHeight - 2, 120),
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
    },
    { displayModeBar: false, responsive: false },
  );
}
