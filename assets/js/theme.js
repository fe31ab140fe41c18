// Colours.  Figures and canvases carry the light theme's codes; `themed` swaps them when drawing.

import { clamp } from './state.js';

const NAMES = [
  'ink',
  'ink-2',
  'ink-3',
  'line',
  'grid',
  'surface',
  'sunken',
  'one-step',
  'multistep',
  'learned',
  'stochastic',
  'reference',
  'learned-text',
  'multistep-text',
];
const LIGHT = [
  '#1a202c',
  '#475061',
  '#5f6878',
  '#e2e5eb',
  '#edeff3',
  '#ffffff',
  '#eef0f4',
  '#5550c0',
  '#cd8518',
  '#249ebd',
  '#974555',
  '#737a87',
  '#10718f',
  '#8f5a06',
];

export const T = { dark: false, stops: [], swap: new Map() }; // T.ink, T.ink2, T.onestep, ...
export let FONT = 'sans-serif';

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const parse = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

export function readTheme() {
  T.dark = document.documentElement.dataset.theme === 'dark';
  T.swap.clear();
  NAMES.forEach((name, i) => {
    const colour = css(`--${name}`);
    T[name.replaceAll('-', '')] = colour;
    T.swap.set(LIGHT[i], colour);
    T.swap.set(parse(LIGHT[i]).join(','), parse(colour).join(','));
  });
  T.rim = T.dark ? 'rgba(231,234,240,.4)' : T.surface;
  T.stops = (css('--sigma-ramp').match(/#\w{6}/g) || []).map(parse);
  FONT = css('--font');
}

export const rgba = (hex, alpha) => `rgba(${parse(hex).join(',')},${alpha})`;
export const mix = (a, b, f) => a.map((v, k) => v + f * (b[k] - v));
export { parse };

// The colour of a noise level on the one sequential scale (cividis, clipped at both ends).
export function ramp(sigma, top = 80, bottom = 0.002) {
  const f = clamp(Math.log(top / Math.max(sigma, bottom)) / Math.log(top / bottom), 0, 1) * (T.stops.length - 1);
  const i = Math.min(T.stops.length - 2, f | 0);
  return `rgb(${mix(T.stops[i], T.stops[i + 1], f - i).map(Math.round)})`;
}

// A copy of a Plotly figure part with this theme's colours; `meta.ramp` colours markers by level.
export function themed(value) {
  if (typeof value === 'string') {
    if (value[0] === '#') return T.swap.get(value) ?? value;
    const m = /^rgba\((\d+,\d+,\d+),([\d.]+)\)$/.exec(value);
    if (!m) return value;
    const faint = T.dark && +m[2] > 0 && +m[2] < 0.2 ? +m[2] * 1.6 : m[2];
    return `rgba(${T.swap.get(m[1]) ?? m[1]},${faint})`;
  }
  if (Array.isArray(value)) return value.length && typeof value[0] === 'object' ? value.map(themed) : value;
  if (value && typeof value === 'object') {
    const out = {};
    for (const [k, v] of Object.entries(value)) out[k] = k === 'x' || k === 'y' ? v : themed(v);
    if (out.meta?.ramp)
      out.marker = { ...out.marker, color: out.meta.ramp.map((s) => ramp(s)), line: { width: 1, color: T.rim } };
    return out;
  }
  return value;
}

export function inkOnPaper(v) {
  // −1 .. 1 as 0 .. 1
  return mix(parse(T.dark ? '#1f252e' : '#eef0f4'), parse(T.dark ? '#f2f4f8' : '#161b26'), v);
}
export function diverge(v) {
  // 0 .. 1, zero at the middle
  const middle = parse(T.dark ? '#232933' : '#f1f3f6');
  return v < 0.5
    ? mix(parse(T.dark ? '#e0884f' : '#a8501a'), middle, clamp(2 * v, 0, 1))
    : mix(middle, parse(T.dark ? '#5fa8e6' : '#1d5f9e'), clamp(2 * v - 1, 0, 1));
}
