// The one control and the one strip of a step, found and marked; the same numbered disks stand in the card.

import { $, S, set } from '../state.js';
import { rowOf, unfold } from '../controls/rows.js';

const MIDDLE = ['curvature', 'plane', 'loss'];
let marked = [];

/** The element that a step's control names: a setting's row, or an element by its id. @param {string} name */
export function controlOf(name) {
  if (!name) return null;
  const row = rowOf(name),
    own = document.getElementById(name);
  return row ?? own?.closest('.own .row') ?? own;
}

/** The element that a step's strip names: the strip's head, or an element by its id. @param {string} name */
export function stripOf(name) {
  if (!name) return null;
  return $(`.strip-head .i[data-strip="${CSS.escape(name)}"]`)?.parentElement ?? document.getElementById(name);
}

/** Marks both. @param {{control: string, strip: string}} step @param {boolean} dims the other settings */
export function point(step, dims) {
  unpoint();
  const page = $('.page'),
    control = controlOf(step.control),
    strip = stripOf(step.strip);
  if (MIDDLE.includes(step.strip)) set({ middle: step.strip });
  $('#axis').dataset.look = step.strip ?? '';
  if (control) {
    unfold(control);
    const runs = control.closest('.runs[data-group]'); // of Compare: one group of them is open
    if (runs?.hidden) $(`.asked [data-of="${runs.dataset.group}"]`).click();
    control.classList.add('told');
    marked.push(control);
    intoSight(control);
  }
  if (strip && !strip.classList.contains('strip-head')) {
    strip.classList.add('looked-at');
    marked.push(strip);
  }
  page.classList.toggle('doing', Boolean(control?.closest('.controls')) && dims);
}

// The settings scroll by themselves where they have a column: the page stays where it is.  Another page
// scrolls under the card.
function intoSight(control) {
  const column = control.closest('.controls');
  if (control.closest('.wide-page')) control.scrollIntoView({ block: 'nearest' });
  if (!column || column.scrollHeight <= column.clientHeight) return;
  const { top, bottom } = control.getBoundingClientRect(),
    all = column.getBoundingClientRect();
  if (top < all.top) column.scrollTop -= all.top - top + 8;
  else if (bottom > all.bottom) column.scrollTop += Math.min(bottom - all.bottom + 8, top - all.top);
}

/** Whether the step's control is marked, if it is there: the row of what was just chosen comes with the answer. */
export const pointed = ({ control }) => controlOf(control)?.classList.contains('told') ?? true;

/** The marks gone, the page as it was. */
export function unpoint() {
  for (const element of marked) element.classList.remove('told', 'looked-at', 'did');
  marked = [];
  $('.page').classList.remove('doing');
  $('#axis').dataset.look = '';
}

/** The task is done: a tick for the disk, and nothing is dimmed any more. */
export function did() {
  $('.page').classList.remove('doing');
  for (const element of marked) element.classList.toggle('did', element.classList.contains('told'));
}

const COMPARED = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};
const OF_PAGE = ['sigma', 'pick', 'page', 'view', 'what', 'playing'];

const counted = (value) => (Array.isArray(value) ? value.length : value);

/** Whether the page is as a step's `done` wants it; of a list its length. @param {Record<string, [string,
 * any]>} done */
export const isDone = (done) =>
  Object.keys(done ?? {}).length > 0 &&
  Object.entries(done).every(([key, [how, value]]) =>
    COMPARED[how](counted(OF_PAGE.includes(key) ? S[key] : S.values[key]), value),
  );
