// The address bar is the view: written while it changes, read when the page opens.

import { $, S, set } from './state.js';
import { drawUndo } from './gestures/gesture.js';
import { copy } from './help.js';
import { withView } from './lessons/link.js';
import { writePresent } from './present/present.js';

// Gradio keeps `page` and `view` for itself, so the links say `tab` and `stage`.
const OTHERS = ['tab', 'design', 'page', 'trainer', '__theme', 'present', 'show', 'allow'];
let typing = null,
  pages = [],
  known = [], // designs
  held = false; // the pointer is down

/** The view on show, as its link says it. */
export function viewQuery() {
  const params = new URLSearchParams(S.query);
  if (S.design !== 'edm') params.set('design', S.design);
  for (const page of pages) page.write?.(params);
  if (S.page !== pages[0].name) params.set('tab', S.page);
  writePresent(params);
  return params.toString().replaceAll('%2C', ',');
}

/** The address says what is on show. @param {any} state of the place in the browser's history
 * @param {boolean} [place] it is a place of its own, that Back leaves */
export function writeAddress(state, place = false) {
  const next = viewQuery(),
    way = place ? 'pushState' : 'replaceState';
  window.history[way](state, '', next ? `?${next}` : location.pathname);
}
const write = () => writeAddress(window.history.state);

/** The view has changed: the address follows when it rests and the pointer is up.  However long a drag
 * stands still on its way, it is one view. */
export function address() {
  clearTimeout(typing);
  document.body.dataset.writing = '1';
  typing = setTimeout(() => {
    if (held) return;
    delete document.body.dataset.writing;
    write();
    drawUndo();
  }, 250);
}

/** What a link says of the page, into the state; the rest of it, which is the server's.
 * @param {{name: string, read?: Function, keys?: string[]}[]} given the pages @param {string[]} designs */
export function readView(given, designs) {
  [pages, known] = [given, designs];
  return readLink(location.search, (page) => set({ page })).rest;
}

/** As another link says it: a page with `fresh()` forgets what the link before said.
 * @param {string} query @param {(name: string) => void} open the page of the link comes on show
 * @returns {{page: string, rest: string}} */
export function readLink(query, open) {
  const { params, page, design, rest } = restOf(query, pages, known);
  set({ design });
  for (const other of pages) other.fresh?.(page);
  open(page);
  for (const other of pages) other.read?.(params);
  return { page, rest };
}

// What a link says of the page: the strips' choices too, when it is known which strips there are.
const othersOf = (all) => [...OTHERS, ...Object.keys(S.choices ?? {}), ...all.flatMap((page) => page.keys ?? [])];

/** What a link names (`params`), with its page and its design; `rest` of it is the server's.
 * @param {string} query @param {{name: string, keys?: string[]}[]} all the pages @param {string[]} designs */
export function restOf(query, all, designs) {
  const params = withView(query),
    names = all.map(({ name }) => name),
    named = (known, ...keys) => keys.map((key) => params.get(key)).find((value) => known.includes(value)),
    rest = new URLSearchParams(params);
  for (const key of othersOf(all)) rest.delete(key);
  const page = named(names, 'tab', 'page') ?? names[0];
  return { params, page, design: named(designs, 'design') ?? 'edm', rest: rest.toString() };
}

/** The settings that a link names, of all that it says: it may be a whole address. @param {string} link */
export function settingsOf(link) {
  const params = new URLSearchParams(
    link
      .trim()
      .replace(/^[^?]*\?/, '')
      .replace(/#.*$/, ''),
  );
  for (const key of othersOf(pages)) params.delete(key);
  return params.toString().replaceAll('%2C', ',');
}

export function initAddress() {
  addEventListener('pointerdown', () => (held = true), true);
  const released = () => {
    held = false;
    if (document.body.dataset.writing) address();
  };
  for (const up of ['pointerup', 'pointercancel']) addEventListener(up, released, true);
  $('#copy').onclick = (e) => {
    write();
    copy(location.href, e.currentTarget);
  };
}
