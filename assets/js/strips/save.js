// The σ spine as one picture: both layers, the heads and a pinned run, drawn by Plotly.

import { S, log10, plotly } from '../state.js';
import { FONT, T, themed } from '../theme.js';
import { BOTTOM, G, LEFT, RIGHT, noteAnnotation, placeLabels, ref, xTicks } from './scale.js';
import { fileName } from '../save.js';

const STILL = ['curvature', 'plane', 'loss'],
  LIVE = ['steps', 'error'];

const axisName = (i) => (i ? `yaxis${i + 1}` : 'yaxis');
const domain = (r) => [1 - r.bottom / (G.h - BOTTOM), 1 - r.top / (G.h - BOTTOM)];

function layer(mine, withAxes) {
  const data = [],
    annotations = [],
    shapes = [];
  const layout = {
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    showlegend: false,
    hovermode: false,
    dragmode: false,
    autosize: false,
    width: G.w,
    height: G.h,
    font: { family: FONT, size: 11, color: T.ink3 },
    margin: { l: LEFT, r: RIGHT, t: 0, b: BOTTOM, pad: 0 },
    xaxis: {
      type: 'log',
      range: [log10(G.left), log10(G.right)],
      anchor: 'y5',
      fixedrange: true,
      zeroline: false,
      showgrid: withAxes,
      gridcolor: T.grid,
      showline: withAxes,
      linecolor: T.line,
      ticks: '',
      showticklabels: withAxes,
      ...xTicks(),
      tickfont: { size: 11, color: T.ink3 },
      ticklabelstandoff: 4,
      ...(withAxes ? { title: { text: 'noise level σ', standoff: 9, font: { size: 12, color: T.ink2 } } } : {}),
    },
  };
  const hidden = (range, more) => ({
    domain: domain(G.rows[3]),
    range,
    anchor: 'x',
    visible: false,
    fixedrange: true,
    ...more,
  });
  if (withAxes) layout.yaxis6 = hidden([0, 1.9], { overlaying: 'y4' });
  else layout.yaxis7 = hidden([-0.05, 1]);
  G.all.forEach((s, i) => {
    const drawn = mine.includes(s.name);
    // an axis costs time in every drawing: a layer has only those that something lies on
    if (drawn || i === 4 || (!withAxes && i === 1))
      layout[axisName(i)] = {
        domain: domain(G.rows[i]),
        range: s.log ? s.range.map(log10) : s.range,
        type: s.log ? 'log' : 'linear',
        anchor: 'x',
        fixedrange: true,
        showline: false,
        zeroline: false,
        ticks: '',
        gridcolor: T.grid,
        showgrid: drawn && s.grid !== false,
        showticklabels: drawn,
        tickfont: { size: 11, color: T.ink3 },
        tickvals: s.ticks.map((t) => t[0]),
        ticktext: s.ticks.map((t) => t[1]),
      };
    const more =
      !withAxes && i === 1 ? (S.parts.run.own[S.measure] ?? []) : !withAxes && i === 3 ? S.parts.run.evaluations : [];
    for (const trace of [...(drawn ? s.traces : []), ...more]) {
      const axis = trace.meta?.overlay ? 'y6' : trace.meta?.foot ? 'y7' : ref(i);
      data.push({ ...themed(trace), yaxis: axis });
    }
    if (!drawn) return;
    for (const shape of s.shapes ?? []) shapes.push({ ...themed(shape), xref: 'x', yref: ref(i) });
    for (const note of s.notes ?? []) annotations.push(noteAnnotation(note, i));
  });
  // an empty trace on the lowest axis keeps the x axis where it belongs in both layers
  data.push({ type: 'scatter', x: [null], y: [null], yaxis: 'y5', hoverinfo: 'skip' });
  const taken = [];
  G.all.forEach((s, i) => {
    if (mine.includes(s.name)) placeLabels(s, i, annotations, taken);
  });
  return { data, layout: { ...layout, annotations, shapes } };
}

// Both layers and the heads as one picture.
export async function saveSpine() {
  await plotly();
  const still = layer(STILL, true),
    live = layer(LIVE, false);
  for (const k of ['yaxis', 'yaxis5']) still.layout[k] = live.layout[k];
  still.layout.yaxis7 = { ...live.layout.yaxis7, overlaying: 'y4' }; // the ticks at the foot of the loss
  const heads = G.all.map((s, i) => ({
    xref: 'paper',
    yref: 'paper',
    x: 0,
    xshift: -LEFT - 2,
    y: 1 - G.rows[i].top / (G.h - BOTTOM),
    yshift: 3,
    xanchor: 'left',
    yanchor: 'bottom',
    showarrow: false,
    align: 'left',
    text: `<b>${s.title}</b>  ${s.hint}`,
    font: { size: 12, color: T.ink },
  }));
  const layout = {
    ...still.layout,
    paper_bgcolor: T.surface,
    margin: { l: LEFT, r: RIGHT, t: 4, b: BOTTOM },
    annotations: [...still.layout.annotations, ...live.layout.annotations, ...heads],
    shapes: [...still.layout.shapes, ...live.layout.shapes],
  };
  Plotly.downloadImage(
    { data: [...still.data, ...live.data], layout },
    { format: 'svg', width: G.w, height: G.h, filename: fileName(S.parts.error?.finding?.title ?? 'spine') },
  );
}
