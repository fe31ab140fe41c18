// The numbers of a curve, as a table.

import { showPop } from '../help.js';
import { number, short } from '../numbers.js';
import { text } from '../controls/sliders.js';
import { html } from './block.js';

const interval = ({ low, high }) => (low == null ? '' : `${short(low)}–${short(high)}`);

/** @param {HTMLElement} button @param {{curve: object, row: HTMLElement}} block */
export function showTable(button, { curve, row }) {
  const name = row.querySelector('label').innerHTML,
    heads = [name, 'NFE', 'median', '95 %', 'paths', ''].map((head) => `<th>${head}</th>`),
    rows = curve.points.map((p) => {
      const why = p.median == null ? html(p.note) : '',
        cells = [text(p.value), p.nfe, number(p.median), interval(p), p.paths || '', why];
      return `<tr${p.value === curve.current ? ' class="now"' : ''}>${cells.map((c) => `<td>${c}</td>`).join('')}</tr>`;
    });
  showPop(
    button,
    `<h3>End error along ${name}</h3><p>${html(curve.lead)} ${html(curve.rest)}</p>
    <table class="answer-table"><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}
