// “Pin this run”: its steps and its error stay as a dotted ghost, so that settings can be compared.  Up to four
// (pins/held.js), one of them chosen.  A pinned run is its settings, and the link carries them; how many times
// its error the run on show makes is measured by the server, path by path on the same noise.

import { call } from './net.js';
import { gesture } from './gestures/gesture.js';
import { $, S } from './state.js';
import { beside, departures as differ } from './naming.js';
import { drawChips, initChips, signOf } from './pins/chips.js';
import { ghostsOf } from './pins/ghosts.js';
import * as held from './pins/held.js';

export { withGhost } from './pins/ghosts.js';

let given = null; // {now, page, changed, said, open}
let found = {}; // what the server says of the chosen run and the error on show: {key, html, value}

const snapshot = (query, values, { run, error }) =>
  !error?.strips
    ? null
    : { query, values: { ...values }, title: run.title, value: error.finding.value, ghosts: ghostsOf(error) };

/** @param {{now: () => string, page: string, changed: () => void, said: () => void, open: Function}} line now: the
 * settings on show as a query; page: its name for the server; changed: something to draw, and another address;
 * said: another sentence; open: a pinned run is B of A/B */
export function initPin(line) {
  given = line;
  const act = (change) => (query, more) => {
    gesture();
    change(query, more);
    changed();
  };
  $('#pin').onclick = () => {
    const there = held.here(),
      run = there ?? snapshot(given.now(), S.shown, S.parts);
    if (run) act(there ? () => held.remove(there.query) : () => held.add(run))();
  };
  initChips({ choose: act(held.choose), remove: act(held.remove), rename: act(held.rename), ab: given.open });
}

/** The pinned runs for Undo, and back to them. */
export const keepPin = held.kept;
export function backPin(kept) {
  if (kept === held.kept()) return;
  held.back(kept);
  changed();
}

function changed() {
  given.changed();
  comparePin();
}

let restoring; // a link's pinned runs, while they are measured
/** What the link says of them; those of a link that was opened stay in it until they are there. */
export const writePins = (params) => held.write(params, restoring);
export const readPins = held.read;
/** Nothing is pinned any more. */
export function unpin() {
  restoring = undefined;
  if (held.pins.length) backPin('');
}
/** The pinned runs, for whoever offers them: {query, name}. */
export const pinned = () => held.pins.map((pin) => ({ query: pin.query, name: held.nameOf(pin) }));

/** A link's pinned runs: each measured once more.  Returns what is wrong with them, or null.
 * @param {{queries: string[], names: string[], at: number}} link */
export async function restorePins(link) {
  const { queries, names, at } = link;
  restoring = undefined;
  if (JSON.stringify(held.pins.map(({ query }) => query)) === JSON.stringify(queries)) return null;
  held.clear();
  restoring = link;
  let wrong = null;
  for (const [i, query] of queries.entries()) {
    const { run, why } = await measured(query);
    if (restoring !== link) return null; // another view was opened meanwhile
    if (run) held.add(run, names[i]);
    else wrong ??= `The pinned run of this link cannot be shown. ${why}`;
  }
  restoring = undefined;
  if (held.pins.some(({ query }) => query === queries[at])) held.choose(queries[at]);
  changed();
  return wrong;
}

async function measured(query) {
  const message = await call('explore', { query, have: {}, want: ['exact'], page: '', id: 0 }, 2);
  const wrong = Object.values(message.wrong ?? {})[0]?.why, // of a link's pin nothing is left out
    run = !wrong && message.parts && snapshot(query, message.values, message.parts);
  return { run, why: wrong ?? message.problem ?? 'Its error is not measured.' };
}

// The same settings measured better: the ghost is then the better one.
export function renewPin() {
  const pin = held.pins.length && held.here();
  if (pin && S.parts.error?.strips) held.renew(pin.query, snapshot(pin.query, pin.values, S.parts));
}

const departures = () => differ(held.chosen().values, S.shown);
const key = () => `${S.parts.error?.key} ${held.chosen()?.query} ${held.chosen()?.own}`;

/** Both runs measured on the same paths, once the error on show is settled. */
export async function comparePin() {
  const pin = held.chosen();
  if (!pin || !S.parts.error?.exact || !departures().length || found.key === key()) return;
  const asked = key();
  found = { key: asked };
  const request = { values: S.shown, pin: pin.query, page: given.page, ...(pin.own && { called: pin.own }) };
  const answer = await call('beside', request);
  if (found.key !== asked) return;
  if (!answer.html) {
    found = {};
    return;
  }
  found = { ...answer, key: asked };
  if (answer.value) held.renew(pin.query, { value: answer.value });
  given.said();
}

/** What the run on show is called beside the chosen pinned one, or nothing. */
export const pinnedName = () => (held.pins.length ? beside(S.shown, held.chosen().values) : '');

const dotted = (pin) => `<i class="dotted">${signOf(pin)}</i>`;

/** “Pinned ρ = 7: 0.005. ρ = 3 makes 3.4 × (3.3–3.5) of its error on the same paths.” */
export function pinLine() {
  const pin = held.chosen();
  if (!pin) return '';
  if (!departures().length) return 'This is the pinned run.';
  if (found.key === key() && found.html) return dotted(pin) + found.html;
  const then = S.parts.error?.exact ? 'Comparing …' : 'Compared when the slider rests.';
  const name = document.createElement('b');
  name.textContent = held.nameOf(pin);
  return `${dotted(pin)}Pinned ${name.outerHTML}: ${pin.value}. ${then}`;
}

/** The chips, and a button that says what it does. */
export function drawPin() {
  drawChips();
  const there = held.pins.length ? held.here() : null,
    full = !there && held.full(),
    words = there ? 'Unpin this run' : full ? `${held.MOST} runs pinned` : 'Pin this run',
    button = $('#pin');
  if (button.textContent === words) return;
  button.textContent = words;
  button.disabled = full;
  button.setAttribute('aria-pressed', Boolean(there));
  button.title = full
    ? 'Unpin one of them to pin this one'
    : 'Keep its steps and its error as a dotted ghost, and compare';
}
