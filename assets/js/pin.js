// “Pin this run”: its steps and its error stay as a dotted ghost, so that two settings can be compared.
// A pinned run is its settings, and the link carries them; how many times its error the run on show
// makes is measured by the server, path by path on the same noise.

import { call } from './net.js';
import { $, S } from './state.js';
import { beside, called, departures as differ } from './naming.js';
import { light } from './theme.js';

const DOTTED = '<svg class="dotted" viewBox="0 0 22 8" aria-hidden="true"><path d="M1 4h20"/></svg>';
const faint = () => light('ink-3');
let pinned = null; // {query, values, name, value, ghosts: strip -> marks}
let given = null; // {now, page, changed, said}
let found = {}; // what the server says of the pinned run and the error on show: {key, html, value}

const snapshot = (query, values, { run, error }) =>
  !error?.strips
    ? null
    : {
        query,
        values: { ...values },
        name: run.title,
        value: error.finding.value,
        ghosts: Object.fromEntries(
          Object.entries(error.strips).map(([strip, drawings]) => [strip, ghostsOf(Object.values(drawings)[0])]),
        ),
      };

/** @param {{now: () => string, page: string, changed: () => void, said: () => void}} line now: the settings
 * on show as a query; page: its name for the server; changed: something to draw, and another address;
 * said: another sentence */
export function initPin(line) {
  given = line;
  $('#pin').onclick = () => set(pinned ? null : snapshot(given.now(), S.shown, S.parts));
}

function set(run) {
  pinned = run;
  $('#pin').setAttribute('aria-pressed', Boolean(pinned));
  given.changed();
  comparePin();
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

const departures = () => differ(pinned.values, S.shown);
const key = () => `${S.parts.error?.key} ${pinned?.query}`;

/** Both runs measured on the same paths, once the error on show is settled. */
export async function comparePin() {
  if (!pinned || !S.parts.error?.exact || !departures().length || found.key === key()) return;
  const asked = key();
  found = { key: asked };
  const answer = await call('beside', { values: S.shown, pin: pinned.query, page: given.page });
  if (found.key !== asked) return;
  if (!answer.html) {
    found = {};
    return;
  }
  found = { ...answer, key: asked };
  if (pinned && answer.value) pinned = { ...pinned, value: answer.value };
  given.said();
}

// What the pinned run is called beside the one on show: “ρ = 7” if they differ in little, else its solver.
const known = (plain) => called(pinned.values, departures()) || plain;

/** What the run on show is called beside the pinned one, or nothing. */
export const pinnedName = () => (pinned ? beside(S.shown, pinned.values) : '');

/** “Pinned ρ = 7: 0.005. ρ = 3 makes 3.4 × (3.3–3.5) of its error on the same paths.” */
export function pinLine() {
  if (!pinned) return '';
  if (!departures().length) return 'This is the pinned run.';
  if (found.key === key() && found.html) return DOTTED + found.html;
  const then = S.parts.error?.exact ? 'Comparing …' : 'Compared when the slider rests.';
  return `${DOTTED}Pinned <b>${known(pinned.name)}</b>: ${pinned.value}. ${then}`;
}

/** The button says what it lets go. */
export function drawPin() {
  const name = pinned && departures().length ? called(pinned.values, departures()) : '',
    words = pinned ? `Unpin ${name}`.trim() : 'Pin this run',
    button = $('#pin');
  if (button.textContent === words) return;
  button.textContent = words;
  button.title = pinned ? `Pinned: ${pinned.name}` : 'Keep its steps and its error as a dotted ghost, and compare';
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
