// Tables of the AMED page, as the server gives them.

import { $ } from '../state.js';
import { ofHead } from '../words/word.js';

export const cells = (row) =>
  `<tr>${row.map((v) => `<td>${typeof v === 'number' ? v : (v ?? '–')}</td>`).join('')}</tr>`;
export const heads = (row) => `<tr>${row.map((v) => `<th scope="col">${ofHead(v)}</th>`).join('')}</tr>`;

/** The table of an answer, empty while there is none. */
export function table(id, given) {
  $(`${id}-head`).innerHTML = given ? heads(given.columns) : '';
  $(`${id}-rows`).innerHTML = (given?.table ?? []).map(cells).join('');
}
