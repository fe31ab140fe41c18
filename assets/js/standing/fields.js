// A value that cannot be is marked at its field, with the sentence that says why; what was typed stays there
// to be mended, and the settings go on with the value that worked.

import { $, $$, S } from '../state.js';
import { rowOf, unfold } from '../controls/rows.js';

const wrong = new Map(); // key -> {text, why, kept: the value that holds instead}

/** Mark a setting.  @param {string} key @param {any} given what was asked for @param {string} why */
export function mark(key, given, why) {
  wrong.set(key, { text: String(given), why, kept: JSON.stringify(S.values[key]) });
}

/** The reader has given these anew.  @param {(key: string) => boolean} [which] */
export function mended(which = () => true) {
  for (const key of [...wrong.keys()].filter(which)) wrong.delete(key);
  drawMarks();
}

/** The marks into their rows; one whose setting has changed since is gone. */
export function drawMarks() {
  for (const [key, { kept }] of wrong) if (JSON.stringify(S.values[key]) !== kept) wrong.delete(key);
  const rows = new Map([...wrong].map(([key, of]) => [rowOf(key), of]));
  for (const row of $$('.row.wrong')) if (!rows.has(row)) unmark(row);
  for (const [row, of] of rows) if (row) write(row, of);
}

const fields = (row) => $$('input, select, textarea', row);

function unmark(row) {
  row.classList.remove('wrong');
  $('.why', row)?.remove();
  for (const field of fields(row)) {
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-describedby');
  }
}

function write(row, { text, why }) {
  row.classList.add('wrong');
  const said = $('.why', row) ?? row.appendChild(Object.assign(document.createElement('p'), { className: 'why' }));
  said.id = `why-${(row.dataset.key ?? fields(row)[0].id).replaceAll('.', '-')}`;
  said.setAttribute('role', 'alert');
  if (said.textContent !== why) said.textContent = why;
  for (const field of fields(row)) {
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', said.id);
    if (field.type === 'text' && document.activeElement !== field) field.value = text;
  }
}

/** Have the marked rows in sight: their groups are unfolded. */
export function unfoldMarks() {
  for (const row of $$('.row.wrong')) unfold(row);
}
