// “Pin this run”: its steps and its error stay as a dotted ghost, so that two settings can be compared.
// A pinned run is its settings, and the link carries them.

import { call } from './net.js';
import { $, S } from './state.js';
import { percent, short } from './numbers.js';
import { light } from './theme.js';

const faint = () => light('ink-3');
let pinned = null; // {query, values, name, data, error, curve, label, levels, hats}
let changed = () => {};

const snapshot = (query, values, { data, run, error }) =>
  !error?.strip
    ? null
    : {
        query,
        values: { ...values },
        name: run.title,
        data: data.name,
        error: error.added_up.at(-1),
        curve: error.strip.main,
        label: error.strip.labels[0].text,
        levels: run.sigma.filter((s) => s > 0),
        hats: run.hat,
      };

// now: the settings on show as a query; changed: something to draw, and another address.
export function initPin(given) {
  changed = given.changed;
  $('#pin').onclick = () => set(pinned ? null : snapshot(given.now(), S.values, S.parts));
}

function set(run) {
  pinned = run;
  $('#pin').textContent = pinned ? 'Unpin' : 'Pin this run';
  $('#pin').title = pinned ? `Pinned: ${pinned.name}` : 'Keep its steps and its error as a dotted ghost, and compare';
  $('#pin').setAttribute('aria-pressed', Boolean(pinned));
  changed();
}

export const pinQuery = () => pinned?.query;

// A link's pinned run: measured once more.  Returns what is wrong with it, or null.
export async function restorePin(query) {
  const message = await call('explore', { query, have: {}, want: ['exact'], page: '', id: 0 }, 2);
  const run = message.parts && snapshot(query, message.values, message.parts);
  if (run) set(run);
  return run ? null : `The pinned run of this link cannot be shown. ${message.problem ?? 'Its error is not measured.'}`;
}

// The same settings measured better: the ghost is then the better one.
export function renewPin() {
  if (pinned && !departures().length && S.parts.error?.strip) pinned = snapshot(pinned.query, pinned.values, S.parts);
}

const departures = () =>
  Object.keys(pinned.values).filter((k) => JSON.stringify(pinned.values[k]) !== JSON.stringify(S.values[k]));

// What the pinned run is called beside the one on show: “ρ 7” if they differ in little, else its solver.
function known(plain) {
  const words = departures().map((k) => {
    const row = $(`[data-key="${k}"]:not([hidden])`),
      value = pinned.values[k];
    return row && typeof value === 'number' ? `${$('label', row).textContent} ${value}` : null;
  });
  return words.length && words.length < 3 && words.every(Boolean) ? words.join(', ') : plain;
}

// “Pinned (ρ 7): 0.009, 1.4 × as much.”
export function pinSentence() {
  const now = S.parts.error?.added_up?.at(-1);
  if (!pinned || now == null) return '';
  if (pinned.data !== S.parts.data.name) return `Pinned (${pinned.name}, ${pinned.data}): ${short(pinned.error)}.`;
  if (!departures().length) return 'This is the pinned run.';
  const ratio = pinned.error / now;
  const worth =
    ratio > 0.95 && ratio < 1.05
      ? 'about as much'
      : ratio >= 1
        ? `${short(ratio)} × as much`
        : `only ${percent(ratio)} of this`;
  return `Pinned (${known(pinned.name)}): ${short(pinned.error)}, ${worth}.`;
}

// A strip with the ghost below its own curves.
export function withGhost(strip) {
  if (!pinned || !strip?.traces.length) return strip;
  if (strip.name === 'steps') return { ...strip, traces: [arcs(strip.range[1]), ...strip.traces] };
  const { curve } = pinned,
    line = { color: faint(), width: 1.25, dash: 'dot' };
  const ghost = {
    type: 'scatter',
    mode: 'lines+markers',
    x: curve.x,
    y: curve.y,
    hoverinfo: 'skip',
    line,
    marker: { size: 6, symbol: 'diamond-open', color: faint(), line: { width: 1.25, color: faint() } },
  };
  const label = {
    x: curve.x,
    y: curve.y,
    text: `pinned: ${known(pinned.label)}`,
    short: 'pinned',
    colour: faint(),
    at: 0.02,
    bold: false,
  };
  return { ...strip, traces: [ghost, ...strip.traces], labels: [...strip.labels, label] };
}

function arcs(top) {
  const x = [],
    y = [],
    { levels, hats } = pinned;
  for (let i = 0; i + 1 < levels.length; i++) {
    const height = Math.log(hats[i] / levels[i + 1]);
    for (let u = 0; u <= 16; u++) {
      x.push(hats[i] * (levels[i + 1] / hats[i]) ** (u / 16));
      y.push(Math.min((u / 4) * (1 - u / 16) * height, top));
    }
    x.push(null);
    y.push(null);
  }
  return {
    type: 'scatter',
    mode: 'lines',
    x,
    y,
    hoverinfo: 'skip',
    line: { color: faint(), width: 1.25, dash: 'dot' },
  };
}
