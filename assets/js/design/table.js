// Table 1: a row for each choice, a cell for each column, its formula beside its curve.

import { cell } from './cell.js';
import { formula, plain } from './formula.js';
import { presenting } from '../present/present.js';
import { type } from '../theme.js';
import { word } from '../words/word.js';

const PRESSED = ' A click on a cell puts it into the view, or into the form of the Train page.';
const UNIT = { t: 't', step: 'i', sigma: 'σ' };
const HEIGHT = 92,
  NARROW = 720;

const WORDS = {
  sigma: 'frame',
  scale: 'frame',
  steps: 'time_steps',
  skip: 'preconditioning',
  out: 'preconditioning',
  in: 'preconditioning',
  noise: 'preconditioning',
  train: 'p_train',
  lambda: 'weight',
};
const ofChoice = (name, html) => (WORDS[name] ? word(WORDS[name], html, false) : html);

/** @param {any} told @param {number} width @returns {{title: string, note: string, html: string}} */
export function table(told, width) {
  const few = width < NARROW,
    w = (few ? Math.max(220, width - 40) : Math.max(150, (width - 170) / 4 - 20)) / type(1);
  const head = told.columns
    .map(
      (c) =>
        `<th scope="col">${plain(c.label)}<button class="ghost" data-column="${c.name}" ` +
        `title="All of this column’s way of sampling">All of it on Explore</button></th>`,
    )
    .join('');
  let group = '';
  const rows = told.rows.map((row) => {
    const first = row.group !== group;
    group = row.group;
    const begin = first ? `<tr class="heading"><th colspan="5" scope="rowgroup">${row.group}</th></tr>` : '';
    const head = `${ofChoice(row.name, formula(row.label))}<small>${formula(row.about)}</small>`;
    return `${begin}<tr><th scope="row">${head}</th>${row.cells
      .map((c, i) => drawn(c, row, told.columns[i], w))
      .join('')}</tr>`;
  });
  return {
    title: 'EDM Table 1: the sampling, the network and the training of each design',
    note: told.note + (presenting() ? '' : PRESSED),
    html:
      `<table class="cells"><thead><tr><th scope="col">Choice</th>${head}</tr></thead>` +
      `<tbody>${rows.join('')}</tbody></table>`,
  };
}

function drawn(c, row, column, w) {
  const what = `${row.label.replace(/[{}_]/g, '')} of ${column.label}`,
    where = row.where === 'explore' ? 'into the view on Explore' : 'into the form on Train';
  const look = { axis: row.axis, log: row.log, range: row.range ?? c.range, w: Math.round(w), h: HEIGHT };
  return (
    `<td data-label="${plain(column.label)}"><button class="cell" data-row="${row.name}" data-of="${column.name}" ` +
    `title="Put ${plain(what)} ${where}"><span class="formula">${formula(c.formula)}</span>` +
    `${cell([c], { ...look, label: plain(what), unit: UNIT[row.axis] })}` +
    `<em>${row.where === 'explore' ? 'Explore' : 'Train'} →</em></button></td>`
  );
}
