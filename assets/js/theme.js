// Colours.  Figures and canvases carry the light theme's codes; `themed` swaps them when drawing.

import { clamp } from './state.js';

// those that figures carry
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
  ...[1, 2, 3, 4, 5, 6].map((k) => `order-${k}`),
];
let palette = { light: {}, dark: {} };

export const T = { dark: false, stops: [], swap: new Map() }; // T.ink, T.ink2, T.onestep, ...
export let FONT = 'sans-serif';
let larger = 1;
/** Drawn words from now on so many times as large. @param {number} times */
export const enlarge = (times) => (larger = times);
/** The pixels of drawn words, and of the room they take. @param {number} pixels as they are on a laptop */
export const type = (pixels) => pixels * larger;

const parse = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
const own = () => palette[T.dark ? 'dark' : 'light'];

/** The colours of both themes: assets/palette.json.
 * @param {{light: Record<string, any>, dark: Record<string, any>}} given */
export function usePalette(given) {
  palette = given;
}

/** A colour of the light theme, as figures carry it. */
export const light = (name) => palette.light[name];

/** The colours of the theme on show, into T. */
export function readTheme() {
  T.dark = document.documentElement.dataset.theme === 'dark';
  T.swap.clear();
  for (const name of NAMES) {
    const [light, colour] = [palette.light[name], own()[name]];
    T[name.replaceAll('-', '')] = colour;
    T.swap.set(light, colour);
    T.swap.set(parse(light).join(','), parse(colour).join(','));
  }
  T.rim = T.dark ? rgba(T.ink, 0.4) : T.surface;
  T.haze = parse(own().haze);
  T.stops = own().ramp.map(parse);
  FONT = getComputedStyle(document.documentElement).getPropertyValue('--font').trim();
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
  // numbers, which may be many, hold no colour; a scale's [share, colour] and markers' colours do
  if (Array.isArray(value)) return value.every((v) => typeof v === 'number' || v === null) ? value : value.map(themed);
  if (value && typeof value === 'object') {
    const out = {};
    for (const [k, v] of Object.entries(value)) out[k] = k === 'x' || k === 'y' ? v : themed(v);
    if (out.meta?.ramp)
      out.marker = { ...out.marker, color: out.meta.ramp.map((s) => ramp(s)), line: { width: 1, color: T.rim } };
    return out;
  }
  return value;
}

/** −1 .. 1 as grey levels of the theme's own paper and ink. */
export function inkOnPaper(v) {
  return mix(parse(own()['image-low']), parse(own()['image-high']), v);
}

/** 0 .. 1 as a colour, zero at the middle. */
export function diverge(v) {
  const { negative, middle, positive } = own();
  return v < 0.5
    ? mix(parse(negative), parse(middle), clamp(2 * v, 0, 1))
    : mix(parse(middle), parse(positive), clamp(2 * v - 1, 0, 1));
}
