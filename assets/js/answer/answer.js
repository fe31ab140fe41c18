// The answer curve: a slider that has the focus, or was dragged, grows into an axis, one at a time.  It opens when
// the pointer is up, so that nothing moves under it, and the thumb stays at its height while the row grows.

import { $, $$, S } from '../state.js';
import { unfold } from '../controls/rows.js';
import { specOf } from '../controls/spec.js';
import { Asker, others } from './ask.js';
import { Block, called, rangeOf } from './block.js';
import { closeLarger, drawLarger, showLarger } from './larger.js';
import { showTable } from './table.js';

const DRAGGED = 300, // ms of a drag after which its row grows
  SETTLED = 350, // ms that the focus stays before it does: Tab only passes through
  GROWS = 200; // ms in which it does

let block = null, // of the row that is open
  of = null, // the other settings that its curve belongs to
  wanted = null, // the key that a link names, until its row is there
  timer = null,
  pressed = null, // {row, since, value} of the slider under the pointer
  dismissed = null, // the row that Escape has closed, until the focus leaves it
  scrolled = 0, // ms at which the reader last scrolled
  line = null;

const asker = new Asker(() => block?.row.dataset.key ?? null, hear);

const rowOf = (node) => node.closest?.('.controls .row[data-key]');
/** Whether a row has a curve at all. */
const grows = (row) => Boolean(row && !row.closest('.own') && rangeOf(row) && specOf(row.dataset.key)?.answers);

function hear(curve, from) {
  of = from;
  block.stale(false);
  block.show(curve);
  drawLarger(block);
}

/** The key of the row that is open, as a link names it; null for none. */
export const openAnswer = () => (block ? called(block.row.dataset.key) : wanted);

// All of a row on the screen, its slider above all.
function see(row) {
  row.scrollIntoView({ block: 'nearest' });
  rangeOf(row).scrollIntoView({ block: 'nearest' });
}

/** Grow a row.  still: what keeps its height on the screen meanwhile; seen: all of it is then brought into view. */
export function open(row, still = rangeOf(row), seen = true) {
  clearTimeout(timer);
  if (block?.row === row) return;
  const top = still.getBoundingClientRect().top,
    since = performance.now();
  shut();
  dismissed = null;
  asker.full = false;
  of = null;
  block = new Block(row);
  block.wait();
  keep(still, top, since);
  if (seen) setTimeout(() => block?.row === row && scrolled < since && see(row), GROWS + 20);
  asker.soon();
  line.address();
}

function shut() {
  asker.stop();
  closeLarger();
  block?.remove();
  block = null;
}

/** Close what is open, and let it stay closed until the focus has left. */
export function close() {
  if (!block) return;
  const { row } = block;
  shut();
  dismissed = row;
  line.address();
}

// The scrolling part of the page that holds a row, where there is one.
function scroller(node) {
  for (let at = node.parentElement; at; at = at.parentElement)
    if (/auto|scroll/.test(getComputedStyle(at).overflowY) && at.scrollHeight > at.clientHeight) return at;
  return document.scrollingElement;
}

// While a row grows the page scrolls by as much, so that the thumb stays where it is, until the reader scrolls.
function keep(node, top, since) {
  const until = since + GROWS;
  const hold = () => {
    if (scrolled >= since || !block?.row.contains(node)) return; // or it was closed meanwhile
    const by = node.getBoundingClientRect().top - top;
    if (Math.abs(by) > 0.5) scroller(node).scrollTop += by;
    if (performance.now() < until) requestAnimationFrame(hold);
  };
  hold();
}

// ---- what opens and closes it ---------------------------------------------------------------------

function focused(e) {
  const row = rowOf(e.target);
  clearTimeout(timer);
  if (row !== dismissed) dismissed = null;
  if (pressed || !grows(row) || row === dismissed || row === block?.row || e.target.tagName !== 'INPUT') return;
  timer = setTimeout(() => document.activeElement === e.target && !pressed && open(row), SETTLED);
}

function down(e) {
  const row = rowOf(e.target);
  clearTimeout(timer);
  pressed = {
    row,
    range: row && e.target === rangeOf(row) ? e.target : null,
    named: row && e.target.closest('label, input[type=text]'),
    since: performance.now(),
    value: row && S.values[row.dataset.key],
  };
}

function up(e) {
  const { row, range, named, since, value } = pressed ?? {};
  pressed = null;
  if (!grows(row) || e.type === 'pointercancel') return;
  // after what else hears of it; a press on the label or the value of one that is off says why it is
  if (named && row.contains(e.target)) timer = setTimeout(() => open(row, row), 0);
  const dragged = range && performance.now() - since >= DRAGGED && S.values[row.dataset.key] !== value;
  if (dragged) timer = setTimeout(() => open(row, range, false), 0);
}

function clicked(e) {
  const action = e.target.closest?.('[data-answer]')?.dataset.answer;
  if (action) act(action, e.target);
}

function act(action, button) {
  if (action === 'larger') showLarger(block);
  if (action === 'table') showTable(button, block);
  if (action === 'cancel') {
    asker.stop();
    button.hidden = true;
  }
  if (action === 'full') {
    asker.full = true;
    button.hidden = true;
    block.wait();
    asker.soon(0);
  }
  if (action === 'close') {
    const range = rangeOf(block.row);
    close();
    range.focus({ preventScroll: true });
  }
}

function keyed(e) {
  if (e.key !== 'Escape' || !block || $(':popover-open')) return;
  if (!e.target.closest?.('.row.grown, .answer-large')) return;
  e.preventDefault();
  if (closeLarger()) return e.stopPropagation();
  const inside = block.row.contains(e.target),
    range = rangeOf(block.row);
  close();
  if (document.body.dataset.sheet) return; // on a phone it came with the sheet, and goes with it
  e.stopPropagation();
  if (inside && document.activeElement !== range) range.focus({ preventScroll: true });
}

/** A slider has moved. */
function slid(e) {
  if (block && rowOf(e.target) === block.row) block.move();
  if (block) asker.stop();
}

/** After an answer of the server: the row may be gone, the curve another's, the value another. */
export function answered() {
  if (wanted) restore();
  if (!block) return;
  const { row } = block;
  if (!row.isConnected || row.hidden || !(row.dataset.key in S.values)) {
    shut();
    return line.address();
  }
  const now = others(S.values, row.dataset.key);
  if (of != null) block.stale(now !== of);
  block.move();
  const held =
    block.curve?.current === S.values[row.dataset.key] &&
    now === of &&
    !['draft', 'refining'].includes(block.curve.state);
  if (!held) asker.soon();
}

// The row that a link names.
function restore() {
  const key = Object.keys(S.values).find((k) => k === wanted || called(k) === wanted),
    row = $$('.controls .row[data-key]').find((r) => r.dataset.key === key && !r.hidden && grows(r));
  wanted = null;
  if (!row) return;
  unfold(row);
  open(row, row);
}

/** @param {URLSearchParams} params */
export function readAnswer(params) {
  wanted = params.get('answer');
  if (!wanted && block) shut(); // another view was opened
}

/** @param {URLSearchParams} params */
export function writeAnswer(params) {
  if (openAnswer()) params.set('answer', openAnswer());
}

/** @param {{address: () => void}} given */
export function initAnswer(given) {
  line = given;
  const controls = $('.controls');
  controls.addEventListener('focusin', focused);
  addEventListener('pointerdown', down, true);
  for (const kind of ['pointerup', 'pointercancel']) addEventListener(kind, up, true);
  const scrolls = () => (scrolled = performance.now());
  for (const kind of ['wheel', 'touchmove']) addEventListener(kind, scrolls, { passive: true });
  controls.addEventListener('click', clicked);
  controls.addEventListener('input', slid);
  document.addEventListener('keydown', keyed, true);
}
