// The address bar is the view: written while it changes, read when the page opens.  Undo goes back along
// the settings.

import { $, S, set } from './state.js';
import { asker } from './answers.js';
import { copy } from './help.js';

// Gradio keeps `page` and `view` for itself, so the links say `tab` and `stage`.
const OTHERS = ['tab', 'design', 'page', 'trainer', '__theme'];
let typing = null,
  history = [],
  current = null,
  pages = [],
  held = false; // the pointer is down

function viewQuery() {
  const params = new URLSearchParams(S.query);
  if (S.design !== 'edm') params.set('design', S.design);
  for (const page of pages) page.write?.(params);
  if (S.page !== pages[0].name) params.set('tab', S.page);
  return params.toString().replaceAll('%2C', ',');
}

function write() {
  const next = viewQuery();
  window.history.replaceState(null, '', next ? `?${next}` : location.pathname);
}

/** The view has changed: the address follows when it rests and the pointer is up.  However long a drag
 * stands still on its way, it is one view and one undo. */
export function address() {
  clearTimeout(typing);
  document.body.dataset.writing = '1';
  typing = setTimeout(() => {
    if (held) return;
    delete document.body.dataset.writing;
    write();
    if (current != null && current !== S.query) {
      history.push(current);
      history = history.slice(-50);
    }
    current = S.query;
    $('#undo').disabled = !history.length;
  }, 250);
}

/** What a link says of the page, into the state; the rest of it, which is the server's.
 * @param {{name: string, read?: Function, keys?: string[]}[]} given the pages @param {string[]} designs */
export function readView(given, designs) {
  pages = given;
  const params = new URLSearchParams(location.search),
    names = pages.map(({ name }) => name),
    named = (known, ...keys) => keys.map((key) => params.get(key)).find((value) => known.includes(value));
  set({ page: named(names, 'tab', 'page') ?? names[0], design: named(designs, 'design') ?? 'edm' });
  for (const page of pages) page.read?.(params);
  for (const key of [...OTHERS, ...pages.flatMap((page) => page.keys ?? [])]) params.delete(key);
  return params.toString();
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
  $('#undo').onclick = () => {
    const back = history.pop();
    if (back == null) return;
    current = null;
    set({ query: back });
    asker.ask({ query: back });
  };
}
