// The keys of the page.  None of them fires while one types, nor where what has the focus uses the key
// itself; a row says what a key does, and `?` lists them.

import { $, $$, S, highest, lowest } from '../state.js';
import { initPresent } from '../present/present.js';
import { redo, undo } from './gesture.js';

const PLAIN = ['range', 'checkbox', 'radio', 'button', 'file'].map((type) => `[type=${type}]`),
  TYPES = `textarea, select, [contenteditable=true], input:not(${PLAIN})`; // their own keys come first
const PRESSED = 'button, a[href], summary, input[type=checkbox], input[type=radio], input[type=file], [role=button]';
const MOVED = 'input[type=range], input[type=radio], [role=slider], [role=tab], [tabindex]'; // arrows are theirs

/** Whether somebody types there. @param {Element | null} at */
export const typing = (at) => Boolean(at?.closest?.(TYPES));
const explore = () => S.page === 'explore' && Boolean(S.parts.run);

let cursor = null, // see cursor.js
  goTo = (_) => {};
const ROWS = [
  {
    keys: ['Space'],
    what: 'play or pause',
    is: (e) => e.key === ' ' && !e.target.closest?.(PRESSED),
    where: explore,
    act: () => $('#play').click(),
  },
  {
    keys: ['←', '→'],
    what: 'one step back or on',
    is: (e) => ['ArrowLeft', 'ArrowRight'].includes(e.key) && !e.target.closest?.(MOVED),
    where: explore,
    act: (e) => cursor.hop(e.key === 'ArrowRight' ? 1 : -1),
  },
  {
    keys: ['Home', 'End'],
    what: 'the noise, or the last level',
    is: (e) => ['Home', 'End'].includes(e.key) && !e.target.closest?.(MOVED),
    where: explore,
    act: (e) => goTo(e.key === 'End' ? lowest() : highest()),
  },
  {
    keys: ['Ctrl Z', '⌘ Z'],
    what: 'take the last change back',
    is: (e) => letter(e, 'z') && !e.shiftKey,
    where: () => true,
    act: undo,
  },
  {
    keys: ['Ctrl ⇧ Z', 'Ctrl Y', '⇧ ⌘ Z'],
    what: 'make it again',
    is: (e) => (letter(e, 'z') && e.shiftKey) || (letter(e, 'y') && !e.shiftKey),
    where: () => true,
    act: redo,
  },
  {
    keys: ['?'],
    what: 'this list',
    is: (e) => e.key === '?',
    where: () => true,
    act: () => list(),
  },
];
const TOLD = [
  { keys: ['F1'], what: 'what the words beside the focus mean, one after the other' },
  { keys: ['Page ↑', 'Page ↓'], what: 'when presented: a step back or on' },
  { keys: ['Esc'], what: 'close what is open' },
]; // native: dialogs and pop-overs

const letter = (e, wanted) => (e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === wanted;
const plain = (e) => !(e.ctrlKey || e.metaKey || e.altKey);

function heard(e) {
  if (e.defaultPrevented || e.isComposing || typing(e.target) || $('dialog[open]')) return;
  const row = ROWS.find(({ is, where }) => is(e) && where());
  if (!row || !(plain(e) || letter(e, 'z') || letter(e, 'y'))) return;
  e.preventDefault();
  row.act(e);
}

function list() {
  const kbd = (keys) => keys.map((key) => `<kbd>${key}</kbd>`).join(' ');
  $('#keys dl').innerHTML = [...ROWS, ...TOLD]
    .map(({ keys, what }) => `<dt>${kbd(keys)}</dt><dd>${what}</dd>`)
    .join('');
  $('#keys').showModal();
}

/** @param {{hop: (direction: number) => void}} given the cursor @param {(sigma: number) => void} go */
export function initKeys(given, go) {
  [cursor, goTo] = [given, go];
  addEventListener('keydown', heard);
  initPresent(cursor.hop);
  // a press on the ground around a box closes it
  for (const box of $$('dialog')) box.addEventListener('click', (e) => e.target === box && box.close());
}
