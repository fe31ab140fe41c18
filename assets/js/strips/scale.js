// The geometry of the σ spine: which strips there are, their ranges, pixels, ticks, and where the
// direct labels go.

import { $, S, clamp, highest, interp, log10, lowest } from '../state.js';
import { FONT, themed } from '../theme.js';
import { sizeOf } from '../draw/canvas.js';
import { withGhost } from '../pin.js';

export const HEAD = 26,
  BOTTOM = 48,
  LEFT = 44,
  RIGHT = 10;
const GRAIN = 3;
const EMPTY = { traces: [], labels: [], shapes: [], notes: [], ticks: [], range: [0, 1], log: false };

export let G = null; // pixel geometry, shared by the drawings and the overlay
let zoom = null; // [high, low] of σ, or null for the whole range
export const zoomTo = (range) => {
  zoom = range;
};
export const zoomed = () => zoom != null;
const ruler = document.createElement('canvas').getContext('2d');

function strips() {
  const { loss, path, run, error } = S.parts;
  return [
    withGhost(error?.steps ?? run.strip),
    holding(path?.curvature[S.measure], run.own[S.measure]) ?? {
      ...EMPTY,
      name: 'curvature',
      title: 'Curvature',
      hint: '',
      weight: 1,
    },
    path?.plane ?? { ...EMPTY, name: 'plane', title: 'Out of plane', hint: '', weight: 1 },
    loss?.strips[S.weight] ?? {
      ...EMPTY,
      name: 'loss',
      title: 'Loss',
      hint: '',
      weight: 0.95,
      log: true,
      range: [6e-5, 2.2],
      empty: 'Measuring …',
    },
    withGhost(error?.strip) ?? {
      ...EMPTY,
      name: 'error',
      title: 'Error',
      weight: 1.15,
      log: true,
      range: [6e-5, 2],
      hint: 'against the reference, RMS per coordinate',
      empty: error?.why ?? 'Measuring …',
    },
  ];
}

// A strip whose axis holds the solver's own steps too: twice, four times … as high, or by decades.
function holding(strip, own) {
  const values = (own ?? []).flatMap((t) => t.y).filter((v) => v > 0);
  if (!strip || !values.length) return strip;
  let [low, high] = strip.range,
    { ticks } = strip;
  if (strip.log) while (low > Math.min(...values) && low > 1e-12) low /= 10;
  while (high < Math.max(...values)) {
    high *= strip.log ? 10 : 2;
    if (!strip.log) ticks = ticks.map(([v]) => [2 * v, String(2 * v)]);
  }
  return { ...strip, range: [low, high], ticks };
}

// The whole axis: a little wider than the schedule, and stepwise, so that it holds still in a drag.
export function wholeRange() {
  const top = highest(),
    bottom = lowest();
  return [top <= 80.1 ? 95 : top <= 160 ? 190 : 1190, bottom >= 0.00199 ? 0.00135 : 6.6e-5];
}

export function measure() {
  const { w, h } = sizeOf($('#axis')),
    all = strips();
  const body = h - BOTTOM - HEAD * all.length,
    total = all.reduce((sum, s) => sum + s.weight, 0);
  let y = 0;
  const rows = all.map((s) => {
    const top = y + HEAD;
    y = top + (body * s.weight) / total;
    return { head: top - HEAD, top, bottom: y };
  });
  const [left, right] = zoom ?? wholeRange(),
    x0 = LEFT,
    x1 = w - RIGHT,
    span = log10(left) - log10(right);
  G = {
    w,
    h,
    rows,
    x0,
    x1,
    left,
    right,
    all,
    narrow: w < 430,
    middle: w < 500,
    X: (s) => x0 + ((x1 - x0) * (log10(left) - log10(Math.max(s, 1e-9)))) / span,
    inverse: (px) => 10 ** (log10(left) - ((px - x0) / (x1 - x0)) * span),
    Y(i, v) {
      const [a, b] = all[i].range,
        r = rows[i];
      const f = all[i].log ? (log10(Math.max(v, 1e-300)) - log10(a)) / (log10(b) - log10(a)) : (v - a) / (b - a);
      return r.bottom - clamp(f, -0.02, 1.02) * (r.bottom - r.top);
    },
  };
}

export function xTicks() {
  const [low, high] = [G.right, G.left];
  let values = [1000, 100, 80, 10, 1, 0.1, 0.01, 0.002, 0.0001].filter((v) => v >= low * 1.02 && v <= high / 1.02);
  if (values.includes(100)) values = values.filter((v) => v !== 80);
  if (log10(high / low) < 2)
    values = [80, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002].filter(
      (v) => v >= low && v <= high,
    );
  return { tickvals: values, ticktext: values.map(String) };
}

export const ref = (i) => (i ? `y${i + 1}` : 'y');

// A strip’s own note as a Plotly annotation.
export function noteAnnotation(note, i) {
  const y = G.all[i].log ? log10(note.y) : note.y;
  return {
    x: log10(note.x),
    y,
    xref: 'x',
    yref: ref(i),
    showarrow: false,
    text: (G.middle && note.short) || note.text,
    font: { size: 11, color: themed(note.colour) },
    xanchor: note.anchor,
    xshift: note.shift ?? 0,
    yanchor: note.above ? 'bottom' : note.below ? 'top' : 'middle',
    yshift: note.above ? 2 + (note.lift ?? 0) : 0,
  };
}

// Direct labels find their own place: near their line, clear of lines, edges and each other.
export function placeLabels(strip, i, annotations, taken) {
  const row = G.rows[i],
    floor = strip.log ? strip.range[0] * 0.5 : -1e9;
  // every curve is read once, at each GRAIN pixels
  const columns = Math.floor((G.x1 - G.x0) / GRAIN) + 1,
    rows = new Map();
  const read = (curve) =>
    Array.from({ length: columns }, (_, k) => {
      const s = G.inverse(G.x0 + k * GRAIN);
      if (s > curve.x[0] * 1.001 || s < curve.x[curve.x.length - 1] * 0.999) return null;
      return G.Y(i, Math.max(interp(curve.x, curve.y, s) ?? floor, floor));
    });
  const heights = (curve, px) => {
    if (!rows.has(curve)) rows.set(curve, read(curve));
    return rows.get(curve)[clamp(Math.round((px - G.x0) / GRAIN), 0, columns - 1)];
  };
  for (const label of strip.labels) {
    if (!label.text) continue;
    const text = G.middle ? label.short : label.text;
    if (!text) continue;
    ruler.font = `${label.bold ? 600 : 400} 11px ${FONT}`;
    const w = ruler.measureText(text).width,
      h = 13,
      want = G.X(label.at);
    let best = null;
    for (let left = G.x0 + 3; left + w < G.x1 - 2; left += 9)
      for (const up of [true, false]) {
        const points = Array.from({ length: 5 }, (_, k) => left + (w * k) / 4);
        const own = points.map((p) => heights(label, p)).filter((v) => v != null);
        if (own.length < 5) continue;
        const top = up ? Math.min(...own) - h - 2 : Math.max(...own) + 2,
          bottom = top + h;
        if (top < row.top - 3 || bottom > row.bottom + 1) continue;
        let clear = 30;
        for (const other of strip.labels)
          if (other !== label)
            for (const p of points) {
              const v = heights(other, p);
              if (v != null) clear = Math.min(clear, v < top ? top - v : v > bottom ? v - bottom : -9);
            }
        if (clear < 2 || taken.some((q) => left < q[2] + 4 && left + w > q[0] - 4 && top < q[3] && bottom > q[1]))
          continue;
        const cost =
          Math.abs(left + w / 2 - want) / 40 +
          (Math.max(...own) - Math.min(...own)) / 4 +
          (clear < 6 ? 2 : 0) +
          (up ? 0 : 0.5);
        if (!best || cost < best.cost) best = { cost, left, top, bottom };
      }
    if (!best) continue;
    taken.push([best.left, best.top, best.left + w, best.bottom]);
    annotations.push({
      xref: 'paper',
      yref: 'paper',
      x: (best.left - G.x0) / (G.x1 - G.x0),
      y: 1 - (best.top + h / 2) / (G.h - BOTTOM),
      xanchor: 'left',
      yanchor: 'middle',
      showarrow: false,
      text: label.bold ? `<b>${text}</b>` : text,
      font: { size: 11, color: themed(label.colour) },
    });
  }
}
