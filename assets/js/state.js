// The state of the page, and the small arithmetic that every view shares.
// Data flows one way: controls -> request -> message -> parts (here) -> drawings.
//
// Everybody reads S; it is written here alone, by `set`, `change` and `receive`, and whoever calls one of
// them draws what follows from it.

const state = {
  page: 'explore', // the page on show
  query: '', // the settings as the server writes them in a link
  values: {}, // the flat settings, as the server last confirmed them
  predictors: [], // those that fit the open model
  parts: {}, // data, path, run, error: the newest of each
  sigma: null, // the one cursor
  peek: null, // a hover on the spine, never a commitment
  what: 'x', // x | D | e
  view: 'fit', // fit: constant spread | true: 1 : 1 | strip: EDM Fig. 1 | draw: a pad
  show: {
    samples: true,
    paths: true,
    one: true,
    data: true,
    density: true,
    score: false,
    tangent: true,
    compared: true,
  },
  zoom: { k: 1, x: 0, y: 0 }, // of the stage: magnification, and the world point at its middle
  pick: 0, // the sample whose path is drawn in ink
  picked: false, // whether the reader chose it
  mini: 'plane', // plane | space (3-D)
  middle: 'plane', // the strip of the data that a narrow window shows
  choices: {}, // of the strips that have a menu: its name in a link -> the choice
  states: {}, // of each part: {state: whole | draft | refining | stale | refused | absent, why}
  shown: {}, // the settings of the answer on show
  late: false, // the settings have moved on, and the answer has not come
  refining: null, // a better error is on its way: {done, total}
  cut: null, // what is left of a view that is too much: {chip, words, fully}
  full: [], // the parts of a slow network that are measured fully, until a setting changes
  opening: false, // a network was just opened: the server picks what it affords
  refusal: null, // why the newest run was not made: {title, words, samples}
  wants: null, // what a person has to give before there can be an answer, in a sentence
  gone: null, // the server is out of reach: {since, next}, and when it is looked for again, in ms
  away: false, // the samples that end elsewhere are told from the others
  opened: false, // what the headline's numbers are made of is on show
  apart: false, // the step under the cursor is taken apart
  terms: null, // slopes | answers: what its sum is said in; null: what suits the solver
  design: 'edm',
  playing: false,
  settling: false, // until the reader acts, the cursor waits in the worst step
  stopAt: null, // where playing is to end, as a fraction of the way
};
for (const value of Object.values(state)) freeze(value);

function freeze(value) {
  return value && typeof value === 'object' ? Object.freeze(value) : value;
}

/** The state, to be read.  An assignment to it, or into its values and parts, throws. */
export const S = Object.freeze(
  Object.defineProperties(
    {},
    Object.fromEntries(Object.keys(state).map((key) => [key, { get: () => state[key], enumerable: true }])),
  ),
);

/** Some fields of the state anew.
 * @param {Partial<typeof S>} fields */
export function set(fields) {
  for (const [key, value] of Object.entries(fields)) {
    if (!(key in state)) throw new Error(`The state has no “${key}”.`);
    state[key] = freeze(value);
  }
}

let allowed = (_) => true;
/** From now on a setting moves only where this says so. @param {(key: string) => boolean} may */
export const guard = (may) => (allowed = may);

/** Other settings, as far as they may move: one that may not is as it was. @param {Record<string, any>} values */
export function permitted(values) {
  const all = { ...state.values, ...values },
    from = (key) => (allowed(key) ? values : state.values),
    there = Object.keys(all).filter((key) => key in from(key));
  return Object.fromEntries(there.map((key) => [key, from(key)[key]]));
}

let before = () => {};
/** Hears of every change of a setting by a person, before it is made. @param {() => void} heard */
export const beforeChange = (heard) => (before = heard);

/** Some settings anew, the others as they are; `gone` says which are taken out.
 * @param {Record<string, any>} values @param {(key: string) => boolean} [gone] */
export function change(values, gone = () => false) {
  const kept = Object.entries(state.values).filter(([key]) => !gone(key)),
    next = permitted({ ...Object.fromEntries(kept), ...values });
  if (JSON.stringify(next) === JSON.stringify(state.values)) return;
  before();
  set({ values: next });
}

/** Parts of an answer, joined to those that were on show when it was asked for.
 * @param {object} held @param {object} parts @param {string[]} [drop] */
export function receive(held, parts, drop = []) {
  const all = { ...held, ...parts };
  for (const name of drop) delete all[name];
  set({ parts: all });
}

// ---- the page's elements ------------------------------------------------------------------------

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
export const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
export const log10 = Math.log10;

// ---- scripts ------------------------------------------------------------------------------------

export const scripts = {}; // name -> address

let loading = null;
// plotly.js, fetched when a page that uses it is first opened: half a second of work that the Explore
// page does without.
export const plotly = () =>
  (loading ??= new Promise((done) => {
    const tag = Object.assign(document.createElement('script'), { src: scripts.plotly, onload: done });
    document.head.append(tag);
  }));

// ---- packed arrays ------------------------------------------------------------------------------

const bytes = Uint8Array.fromBase64
  ? (text) => Uint8Array.fromBase64(text)
  : (text) => {
      const raw = atob(text),
        out = new Uint8Array(raw.length);
      for (let i = 0; i < out.length; i++) out[i] = raw.charCodeAt(i);
      return out;
    };
export const UNITS = 6000;
export const unpack = {
  positions: (text) => new Int16Array(bytes(text).buffer), // units of 1/UNITS spread
  floats: (text) => new Float32Array(bytes(text).buffer),
  grey: bytes,
  signed: (text) => new Int8Array(bytes(text).buffer),
};

// ---- along σ ------------------------------------------------------------------------------------

// y at noise level s; xs descends.  Log-linear where both ends are positive, else linear in ln σ.
export function interp(xs, ys, s) {
  if (!xs.length) return null;
  if (s >= xs[0]) return ys[0];
  for (let i = 1; i < xs.length; i++)
    if (s >= xs[i]) {
      if (!(xs[i] > 0)) return ys[i - 1];
      const f = Math.log(xs[i - 1] / s) / Math.log(xs[i - 1] / xs[i]),
        a = ys[i - 1],
        b = ys[i];
      if (a == null || b == null) return a ?? b;
      return a > 0 && b > 0 ? a * (b / a) ** f : a + f * (b - a);
    }
  return ys[ys.length - 1];
}

// Index of the step that leaves level sigma[i]; the last step for anything below.
export function stepAt(s) {
  const g = S.parts.run.sigma;
  let i = 0;
  while (i < g.length - 2 && s <= g[i + 1]) i++;
  return i;
}
export const lowest = () => {
  const g = S.parts.run.sigma;
  return g[g.length - 1] > 0 ? g[g.length - 1] : g[g.length - 2];
};
/** The levels above 0 as a list to edit: the first is written inf where it stands for ∞. */
export const listed = () => S.parts.run.sigma.filter((s) => s > 0).map((s, i) => (!i && S.parts.run.pure ? 'inf' : s));
export const highest = () => S.parts.run.sigma[0];
/** Whether a level is the one that stands for ∞, where the run begins in pure noise. */
export const infinite = (s) => Boolean(S.parts.run.pure) && s >= highest() * 0.9999;
