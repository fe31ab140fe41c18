// The table of what Compare has measured.

import { $ } from '../state.js';
import { short } from '../numbers.js';
import { ofHead } from '../words/word.js';

// A column without a name holds a remark about the row: it goes below the row's name.  beside: what stands
// small below each value.
export function writeTable(shown) {
  const { columns = [], table: rows = [], beside = [] } = shown ?? {};
  const aside = columns.indexOf('', 1),
    kept = columns.map((_, i) => i).filter((i) => i !== aside);
  const cell = (row, i, r) => {
    const below = beside[r]?.[i] ? ` <small>${beside[r][i]}</small>` : '';
    if (i) return `<td>${typeof row[i] === 'number' ? short(row[i]) : bracketed(row[i] ?? '–')}${below}</td>`;
    const note = aside > 0 && row[aside] ? `<small title="${row[aside]}">${row[aside]}</small>` : '';
    return `<td>${row[0]}${note}</td>`;
  };
  $('.results thead').innerHTML = columns.length
    ? `<tr>${kept.map((i) => `<th scope="col">${ofHead(columns[i])}</th>`).join('')}</tr>`
    : '';
  $('#compare-rows').innerHTML = rows.map((row, r) => `<tr>${kept.map((i) => cell(row, i, r)).join('')}</tr>`).join('');
}

// An interval goes below its value: “0.04 (0.01 – 0.07)”.
const bracketed = (text) => text.replace(/ (\([^()]*\))$/, ' <small>$1</small>');
