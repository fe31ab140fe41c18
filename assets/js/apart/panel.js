// The step under the cursor with its numbers put in: each state, answer and slope on a line, and the sum that
// the new state is.

import { $, S, infinite, set, stepAt } from '../state.js';
import { number } from '../numbers.js';
import { plain } from '../design/formula.js';
import { sizeOf } from '../draw/canvas.js';
import { pathOf, stepNow, told, want } from './ask.js';
import { closer } from '../stage/apart.js';

const WORDS = { slopes: 'slopes <i>d</i>', answers: 'answers <i>D</i>' };
const HINTS = {
  slopes: 'x′ as x and the slopes d = (x − D)/σ',
  answers: 'x′ as x and the denoiser’s answers D',
};
const SAID = {
  begins: 'the step begins',
  noised: 'new noise is added',
  corrected: 'corrected by the new answer',
  stage: 'where it looks again',
  asked: 'the denoiser’s answer',
  slope: 'dx/dσ there',
  new: 'where it arrives',
};

let line = null,
  written = null;

/** @param {{page: string, looked: () => void}} given page: its name for the server; looked: another look at the
 * same run */
export function initApart(given) {
  line = given;
  const root = $('#apart'),
    button = $('#take-apart');
  button.onclick = () => show(!S.apart);
  root.addEventListener('click', (e) => {
    if (e.target.closest('[data-close]')) {
      show(false);
      button.focus();
    }
    if (e.target.closest('[data-closer]')) {
      set({ zoom: closer(stepNow(), sizeOf($('#box'))) ?? S.zoom });
      line.looked();
    }
  });
  root.addEventListener('change', (e) => {
    set({ terms: e.target.value });
    written = null;
    paintApart();
    $(`#apart input[value=${S.terms}]`)?.focus();
  });
  root.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    show(false);
    button.focus();
  });
}

function show(on) {
  set({ apart: on });
  written = null;
  line.looked();
}

/** Follows the cursor; asks for what it lacks. */
export function paintApart() {
  const root = $('#apart'),
    page = root.parentNode;
  if (page.classList.contains('unfolds') !== S.apart) {
    page.classList.toggle('unfolds', S.apart);
    root.hidden = !S.apart;
    $('#take-apart').setAttribute('aria-expanded', String(S.apart));
  }
  if (!S.apart) return;
  want(line.page, line.looked);
  const step = stepNow(),
    { problem, note } = told(),
    i = stepAt(S.sigma),
    now = step ?? `${i} ${problem}`;
  root.classList.toggle('waits', !step && !problem);
  if (now === written) return;
  if (!step && !problem && written && root.firstChild) return; // the last one stays, dimmed, until the next is there
  written = now;
  const form = step?.forms && (S.terms ?? step.form);
  root.innerHTML =
    head(step, i, form) +
    (form
      ? `<div class="tables">${lines(step.forms[form].lines, note)}${sum(step.forms[form], note)}</div>`
      : `<p>${plain(problem ?? step?.refused ?? 'Waiting for the whole run …')}</p>`);
}

function head(step, i, form) {
  const seg = (name) =>
    `<label title="${HINTS[name]}"><input type="radio" name="terms" value="${name}"` +
    `${name === form ? ' checked' : ''}><span>${WORDS[name]}</span></label>`;
  const way = step ? `<em>σ ${level(step.sigma)} → ${step.next > 0 ? number(step.next) : '0'}</em>` : '',
    near = step?.marks.x?.length === 2 ? '<button class="reset" data-closer>Look closer</button>' : '',
    forms = `<span class="seg" role="radiogroup" aria-label="The sum in">${seg('slopes')}${seg('answers')}</span>`;
  return (
    `<header><h2>Step ${i + 1}, path ${pathOf() + 1}${way}</h2>${near}${form ? forms : ''}` +
    '<button class="icon" data-close aria-label="Close this step">×</button></header>'
  );
}

const level = (sigma) => (sigma === 'inf' || infinite(sigma) ? '∞' : number(sigma));
const sign = (a) => (a < 0 ? '−' : '+');

// a x + b d, a coefficient of 1 left out.
const added = (terms) =>
  terms
    .map(([a, name], k) => {
      const size = Math.abs(a),
        times = Math.abs(size - 1) < 1e-9 ? '' : `${number(size)} `;
      return `${k || a < 0 ? `${sign(a)} ` : ''}${times}${name}`;
    })
    .join(' ');

function formula({ is, terms, at }) {
  const [[, own] = [], [, answer] = []] = terms;
  if (is === 'begins') return '';
  if (is === 'asked') return `= <i>D</i>(${own}; ${level(at)})`;
  if (is === 'slope') return `= (${own} − ${answer}) / ${level(at)}`;
  return terms.length ? `= ${added(terms)}` : '= 0';
}

// As many decimals in a column as its largest number needs for four digits and its smallest for two, so that
// they stand below one another.
function aligned(values) {
  const sizes = values.map(Math.abs).filter((v) => v > 1e-9),
    place = (v) => Math.floor(Math.log10(v)),
    digits = sizes.length ? Math.max(3 - place(Math.max(...sizes)), 1 - place(Math.min(...sizes))) : 0;
  return values.map((v) => v.toFixed(Math.min(5, Math.max(0, digits))).replace('-', '−'));
}
const columns = (rows) => {
  const each = rows[0].map((_, k) => aligned(rows.map((row) => row[k])));
  return rows.map((_, r) => each.map((column) => `<td>${column[r]}</td>`).join(''));
};

function lines(all, note) {
  const cells = columns(all.map(({ value }) => value));
  const rows = all.map(
    (one, r) =>
      `<tr class="is-${one.is}" title="${SAID[one.is]}"><th scope="row">${one.name}</th><td>${formula(one)}</td>` +
      `<td>${one.is === 'asked' || one.is === 'slope' ? '' : `σ ${level(one.at)}`}</td>${cells[r]}</tr>`,
  );
  const caption = `<caption>${note || 'Stage by stage'}</caption>`;
  return `<table class="numbers stages">${caption}<tbody>${rows.join('')}</tbody></table>`;
}

function sum({ sum: parts, lines: all }, note) {
  const adds = !note.startsWith('Size'),
    total = all.at(-1),
    rows = parts.map(({ part }) => part),
    cells = parts.length ? columns(adds ? [...rows, total.value] : rows) : [],
    factors = parts.length ? aligned(parts.map(({ a }) => a)) : [];
  const body = parts.map(({ name }, r) => `<tr><td>${factors[r]}</td><th scope="row">× ${name}</th>${cells[r]}</tr>`);
  const last = adds && parts.length,
    foot = last ? `<tr class="is-new"><td></td><th scope="row">= ${total.name}</th>${cells.at(-1)}</tr>` : '';
  return `<table class="numbers terms"><caption>Term by term</caption><tbody>${body.join('')}${foot}</tbody></table>`;
}
