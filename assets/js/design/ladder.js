// Table 2: configurations A to F, trained here.

import { plain } from './formula.js';

/** @param {any} told @returns {{title: string, note: string, html: string}} */
export function ladder({ ladder: l }) {
  if (!l) return { title: 'EDM Table 2', note: 'Nothing is measured yet.', html: '' };
  return { title: l.title, note: l.note, html: l.sets.map(set).join('') };
}

const set = (s) =>
  `<h2>${plain(s.label)}</h2><p>${plain(s.said)}</p><div class="wide"><table class="numbers ladder"><thead><tr>` +
  `${s.columns.map((c) => `<th scope="col">${plain(c)}</th>`).join('')}</tr></thead>` +
  `<tbody>${s.rows.map((r) => row(r, s.columns)).join('')}</tbody></table></div><p>${plain(s.made)}</p>`;

const row = (r, columns) =>
  `<tr><th scope="row"><button class="ghost" data-network="${plain(r.network)}" ` +
  `title="Sample from it on Explore">${r.letter}</button><small>${plain(r.changed)}</small></th>` +
  `${r.cells.map((c, i) => value(c, columns[i + 1])).join('')}</tr>`;

const value = (c, column) =>
  `<td data-label="${plain(column)}">${plain(c.value)}${c.beside ? `<small>${plain(c.beside)}</small>` : ''}</td>`;
