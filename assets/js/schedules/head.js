// The title, what is on show of an empty page, and the line at the foot.

import { $ } from '../state.js';
import { escaped } from './svg.js';

/** What the line at the foot says, of an answer and of what was measured on data.
 * @param {object} told @returns {string[]} */
export function foot(told) {
  if (told.empty) return told.status;
  const mine = told.rows.find((r) => r.role === 'yours'),
    run = told.measured && mine?.shares ? told.measured.status : null;
  return [...told.status, run ? `${mine.stale ? 'of the list before: ' : ''}${escaped(run)}` : 'not run on data yet'];
}

/** @param {object} told */
export function head(told) {
  const { empty } = told,
    mine = told.rows.find((r) => r.role === 'yours'),
    fresh = told.measured && mine?.shares && !mine.stale;
  for (const [id, on] of [
    ['#sch-low', !empty],
    ['#sch-lists-group', !empty],
    ['#sch-start', empty],
    ['#sch-clear', !empty],
    ['#sch-legend', told.marks?.length > 0],
  ])
    $(id).hidden = !on;
  $('.schedules').classList.toggle('empty', Boolean(empty));
  $('#sch-title').textContent = told.title;
  const shut = !empty && !told.open?.values && told.open?.why; // what a finger cannot ask of the button
  $('#sch-note').textContent = [told.note, fresh && told.measured.note, shut].filter(Boolean).join(' ');
  $('#sch-what').textContent = empty ? '' : told.what;
  $('#sch-paste-title').textContent = empty ? 'Paste anything' : 'Pasted';
  $('#sch-fold-what').textContent = empty ? 'Paste anything' : told.what;
  $('#sch-fold-of').textContent = empty ? '' : `${told.model.label}, ${told.steps.value}`;
  if (!$('.sch-in').classList.contains('open')) $('#sch-change').textContent = empty ? 'Paste' : 'Change';
  const right = `<span class="right">${escaped(told.foot ?? '')}</span>`;
  $('#sch-status').innerHTML = foot(told)
    .map((s) => `<span>${s}</span>`)
    .join('')
    .concat(right);
  for (const id of ['#sch-save', '#sch-open']) $(id).disabled = Boolean(empty);
}
