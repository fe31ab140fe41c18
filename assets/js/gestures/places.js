// Back and Forward.  A page of the app is a place in the browser's history, and so is a whole view that a link
// or a lesson opens here; the settings within a place replace its address as they change.
//
// Between pages the settings stay: Back goes back in place, Undo in what was changed.  Across a whole view
// Back brings the settings that were there before it, and that is one step for Undo as well.

import { $, $$, S } from '../state.js';
import { readLink, writeAddress } from '../address.js';
import { gesture } from './gesture.js';
import { mayVisit, presenting, writePresent } from '../present/present.js';

const DOCUMENTS = ['trainer', '__theme']; // what only a fresh page reads
let given = null, // see initPlaces
  whole = null; // which whole view the settings come from

const state = () => ({ place: { whole } });

/** Another page comes on show: the address of the one that is left is finished. */
export const leaving = () => writeAddress(window.history.state);

/** It is on show: a place of its own. */
export const arrived = () => writeAddress(state(), true);

/** A whole view, as a link says it, without a new document.
 * @param {string} query @param {{place?: boolean}} [how] place: one that Back returns from */
export function visit(query, { place = true } = {}) {
  if (!mayVisit(query)) return null; // a lecturer's link says what is on show
  gesture();
  leaving();
  whole = Date.now();
  const params = new URLSearchParams(query);
  writePresent(params);
  if (place) window.history.pushState(state(), '', `?${params}`);
  return show(query);
}

async function show(query) {
  for (const pop of $$(':popover-open')) pop.hidePopover();
  for (const box of $$('dialog[open]')) box.close();
  const { page, rest } = readLink(query, given.open);
  given.ask(rest);
  for (const other of given.pages) other.begun?.();
  $('h1', $(`[data-body="${page}"]`))?.scrollIntoView({ block: 'nearest' });
}

function back(e) {
  const place = e.state?.place;
  if (!place) return; // an anchor within the page
  if (!mayVisit(location.search)) return writeAddress(e.state);
  if (place.whole === whole) return given.open(readPage(), false);
  gesture();
  whole = place.whole;
  show(location.search);
}

const readPage = () => {
  const params = new URLSearchParams(location.search),
    name = params.get('tab') ?? params.get('page');
  return given.pages.some((page) => page.name === name) ? name : given.pages[0].name;
};

// A plain press on a link to another view of this page.
function followed(e) {
  const a = e.target.closest?.('a[href]');
  if (!a || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  if (a.target || a.download || a.hash || a.origin !== location.origin || a.pathname !== location.pathname) return;
  const params = new URLSearchParams(a.search);
  if (!a.search || DOCUMENTS.some((key) => params.has(key)) || !S.parts.run) return;
  if (presenting() && !mayVisit(a.search)) {
    a.target = '_blank'; // in a window of its own
    return;
  }
  e.preventDefault();
  visit(a.search);
}

/** @param {{pages: object[], open: (name: string, place?: boolean) => void, ask: (query: string) => void}} wired
 * ask: a query of settings, of the server */
export function initPlaces(wired) {
  given = wired;
  whole = window.history.state?.place?.whole ?? Date.now();
  window.history.replaceState(state(), '');
  addEventListener('popstate', back);
  document.addEventListener('click', followed);
}
