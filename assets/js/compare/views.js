// The views of Compare, as a list: each has a button in the bar, and a body of its own below it.
//
//   offer({ name: 'map', label: 'Heat map', keys: ['x'], init, read, write, open, draw, ... })
//
// name    stands in the link as `compare=NAME`; its body is `<section data-view="NAME">`, of pages/compare.html
//         or made here
// label   of the button; title  what it answers
// keys, read(params), write(params)   its part of the link
// init(line, body)   fills and wires its body, once; `line` as in app.js
// open(line)   it comes on show, by its button or by a link: it may begin to measure
// changed()   a new answer of the server is there, such as that of a link which was read
// draw()       from the state alone, after every answer and when it comes on show
// back(kept), keep()   what Undo takes back of its own
// print()      its parts for print, beside charts
// study()      what its study's card is of: {result, kind, old}
//
// The sweep and all that stands in groups beside it are the page's own, in pages/compare.js, and are on show
// while no view of this list is.

import { $, $$ } from '../state.js';
import * as engines from './engines.js';
import * as studies from './studies.js';

const views = [];
let on = null; // the view of the list that is on show

/** One more view; `before` `init`, so at the top of a module. @param {any} view */
export const offer = (view) => views.push(view);

export const find = (name) => views.find((view) => view.name === name) ?? null;
/** The view on show, or null: the page's own. */
export const current = () => on;
export const keys = () => views.flatMap((view) => view.keys ?? []);

/** @param {any} line see app.js @param {(name: string | null) => void} press a button was pressed */
export function init(line, press) {
  const all = [
    { name: '', label: 'Sweep', title: 'Error against evaluations, and all that stands in groups' },
    ...views,
  ];
  $('#compare-views').innerHTML = all
    .map(
      ({ name, label, title = '' }) =>
        `<button type="button" data-view-of="${name}" title="${title}">${label}</button>`,
    )
    .join('');
  $('#compare-views').onclick = (e) => {
    const b = e.target.closest('button');
    if (b) press(b.dataset.viewOf || null);
  };
  engines.init(line.config.compare.engines);
  studies.init();
  $('.viewbar').hidden = !views.length;
  for (const view of views) view.init?.(line, bodyOf(view));
  engines.fill();
  show(null);
}

function bodyOf({ name, label }) {
  let body = $(`.compare > [data-view="${name}"]`);
  if (!body) {
    body = document.createElement('section');
    body.dataset.view = name;
    body.setAttribute('aria-label', label);
    $('.compare').append(body);
  }
  return body;
}

/** Puts a view on show, nothing more. @param {string | null} name */
export function show(name) {
  on = find(name);
  for (const b of $$('#compare-views button'))
    b.setAttribute('aria-pressed', String((b.dataset.viewOf || null) === (on?.name ?? null)));
  for (const body of $$('.compare > [data-view]')) body.hidden = body.dataset.view !== on?.name;
  $('.compare').classList.toggle('viewed', Boolean(on));
}
