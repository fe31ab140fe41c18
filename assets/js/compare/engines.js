// Where the studies of Compare run: this process, processes of the machine, or what the owner of the server has named.
// One choice for all views, kept in this browser and in no link; without another engine there is no menu.

import { escaped } from '../schedules/svg.js';
import { $, $$ } from '../state.js';
import { recall, remember } from '../remember.js';

const KEY = 'engine';
let known = []; // [name, label, note], the usual one first

const chosen = () => known.find(([name]) => name === recall(KEY)) ?? known[0];

/** The request of a study, with the engine that it is given to. @param {object} request */
export const asked = (request) => {
  const [name] = chosen();
  return name === known[0][0] ? request : { ...request, engine: name };
};

/** A menu in the bar of views. @param {[string, string, string][]} engines */
export function init(engines) {
  known = engines;
  const box = document.createElement('span');
  box.className = 'engine';
  if (known.length > 1) $('.viewbar').append(box);
}

/** Writes the choice wherever it stands. */
export function fill() {
  const box = $('.viewbar .engine'),
    options = known.map(([name, label]) => `<option value="${name}">${escaped(label)}</option>`);
  if (box) {
    box.innerHTML = `<label>Run on <select>${options.join('')}</select></label>`;
    $('select', box).onchange = (e) => {
      remember(KEY, e.target.value);
      write();
    };
  }
  write();
}

function write() {
  const [name, label, note] = chosen(),
    select = $('.viewbar .engine select');
  if (select) Object.assign(select, { value: name, title: note });
  for (const box of $$('.compare .engine-note')) box.textContent = `Run on ${label}. ${note}`;
}
