// “Pin this run”: its steps and its error stay as a dotted ghost, so that two settings can be compared.
// A pinned run is its settings, and the link carries them.

import { call } from './net.js';
import { $, S } from './state.js';
import { percent, short } from './numbers.js';
import { light } from './theme.js';

const faint = () => light('ink-3');
let pinned = null; // {query, values, name, data, error, ghosts: strip -> marks}
let changed = () => {};

const snapshot = (query, values, { data, run, error }) =>
  !error?.strips
    ? null
    : {
        query,
        values: { ...values },
        name: run.title,
        data: data.name,
        error: error.added_up.at(-1),
        ghosts: Object.fromEntries(
          Object.entries(error.strips).map(([strip, drawings]) => [strip, ghostsOf(Object.values(drawings)[0])]),
        ),
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
  if (pinned && !departures().length && S.parts.error?.strips) pinned = snapshot(pinned.query, pinned.values, S.parts);
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
  const ghosts = pinned?.ghosts[strip.name];
  if (!ghosts || !strip.marks.length) return strip;
  const named = ghosts.map((mark) =>
    mark.label ? { ...mark, label: { ...mark.label, text: `pinned: ${known(mark.label.text)}` } } : mark,
  );
  return { ...strip, marks: [...named, ...strip.marks] };
}

// What a pinned run leaves in a strip: the marks that the strip says stay, dotted.
const ghostsOf = (drawing) => drawing.marks.filter((mark) => mark.pin).map(ghost);

function ghost({ main: _main, pin: _pin, label, ...mark }) {
  const own = mark.mark === 'dots' ? { shape: 'diamond', size: 6 } : { width: 1.25, dash: [1.5, 3] };
  return {
    ...mark,
    colour: faint(),
    alpha: 1,
    ...own,
    ...(label && { label: { text: label.text, short: 'pinned', colour: faint(), at: 0.02, bold: false } }),
  };
}
