// One gesture, one Undo.  What a person does in one go (a drag, a run of arrow keys, a field until it is
// left, a choice) is one step, on whatever page it is done.  Where one looks, such as the cursor, the view of the
// stage and the path in ink, is no step.
//
// `change` in state.js calls `gesture` before it changes anything, so settings need nothing else.  A page
// with something of its own has `keep()`, a plain value, and `back(kept)`, and calls `gesture` before it
// changes that; null is for what has not been opened yet.

import { $, S, beforeChange, permitted, set } from '../state.js';
import { Steps } from './steps.js';

const RUN = 1000; // ms between two keys of a slider that are still one run
const FIELDS = 'textarea, input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file])';

let pages = [],
  open = (_) => {}, // see initGestures
  ask = () => {};
let press = null, // the pointer is down: an object of its own for each press
  acting = null, // the event that is being heard
  run = { of: null, at: 0, id: null }, // arrow keys, or any other moves of one slider
  held = null, // a gesture that was begun in so many words
  turn = null; // the task that runs

const settings = ({ values, design }) => JSON.stringify([Object.entries(values).sort(), design]);
const keptSame = (a, b) => a == null || b == null || JSON.stringify(a) === JSON.stringify(b); // null: not opened yet
const same = (a, b) =>
  (a.values === b.values || settings(a) === settings(b)) &&
  a.design === b.design &&
  pages.every(({ name }) => keptSame(a.kept[name], b.kept[name]));
const steps = new Steps(same);

const view = () => ({
  page: S.page,
  values: S.values,
  design: S.design,
  kept: Object.fromEntries(pages.filter((page) => page.keep).map((page) => [page.name, page.keep()])),
});

// Which gesture an act belongs to.
function current() {
  const target = acting?.target;
  if (held) return held;
  if (acting?.type === 'change' && target.matches(FIELDS)) return target; // it is left, maybe for a press elsewhere
  if (press) return press;
  const field = document.activeElement?.matches?.(FIELDS) ? document.activeElement : null;
  if (target?.matches?.('input[type=range]') || (acting?.type === 'keydown' && target)) return runOf(target);
  if (field && (!acting || target === field)) return field; // or what follows when its typing rests
  if (!turn) {
    turn = {};
    setTimeout(() => (turn = null), 0);
  }
  return turn;
}

function runOf(target) {
  const now = performance.now();
  if (run.of !== target || now - run.at > RUN) run = { of: target, id: {} };
  run.at = now;
  return run.id;
}

/** A person is about to change something that Undo takes back. */
export function gesture() {
  if (!S.parts.run) return; // what a link says at first is where Undo ends
  const mine = current();
  if (steps.goesOn(mine)) return;
  steps.mark(mine, view());
  queueMicrotask(drawUndo); // when it has changed
}

/** What comes until `end` is one gesture, however long it takes. */
export function start() {
  held = {};
}

/** The gesture that was begun is done. */
export function end() {
  held = null;
  steps.end();
}

function apply(to) {
  for (const page of pages) if (page.back && !keptSame(to.kept[page.name], page.keep())) page.back(to.kept[page.name]);
  if (settings(to) !== settings(S)) {
    set({ values: permitted(to.values), design: to.design, settling: false });
    ask();
  }
  if (to.page !== S.page) open(to.page);
  drawUndo();
}

/** Back along the gestures, to the page where the last one was made; and forth. */
export function undo() {
  const to = steps.undo(view());
  if (to) apply(to);
}
export function redo() {
  const to = steps.redo(view());
  if (to) apply(to);
}

/** The buttons, as there is something to take back or not. */
export function drawUndo() {
  const { undo: back, redo: forth } = steps.counts(view());
  $('#undo').disabled = !back;
  $('#redo').disabled = !forth;
}

/** @param {{name: string, keep?: () => any, back?: (kept: any) => void}[]} given the pages
 * @param {(name: string) => void} show opens a page @param {() => void} asked the settings are others */
export function initGestures(given, show, asked) {
  [pages, open, ask] = [given, show, asked];
  beforeChange(gesture);
  addEventListener('pointerdown', () => (press = {}), true);
  const released = () => {
    const mine = press; // what the release itself brings is of it
    setTimeout(() => press === mine && (press = null), 0);
  };
  for (const up of ['pointerup', 'pointercancel']) addEventListener(up, released, true);
  for (const type of ['keydown', 'input', 'change', 'click'])
    addEventListener(
      type,
      (e) => {
        acting = e;
        // a menu of the system's keeps the release to itself
        if (type === 'keydown' || e.target.matches?.('select')) released();
        setTimeout(() => acting === e && (acting = null), 0);
      },
      true,
    );
  addEventListener('focusout', () => held || press || steps.end(), true);
  $('#undo').onclick = undo;
  $('#redo').onclick = redo;
}
