// Numbers of evaluations to compare at: one chip each, filled from a range, or typed as a list.

import { $, $$ } from '../state.js';

const LARGEST = 1023, // as the server has it, which has the last word
  MOST = 24;
const field = () => $('#compare-budgets');

/** The list as it stands in the field: what is no whole number is left to the server to refuse. */
export const text = () => field().value.replace(/\s+/g, '');
const words = () => text().split(/[,;]/).filter(Boolean);

/** So many whole numbers from one to another, by equal factors or equal steps; each once.
 * @param {number} from @param {number} to @param {number} count @param {boolean} log */
export function between(from, to, count, log) {
  const at = (f) => (log ? from * (to / from) ** f : from + f * (to - from));
  const all = Array.from({ length: count }, (_, k) => Math.round(at(count > 1 ? k / (count - 1) : 0)));
  return [...new Set(all)];
}

/** The list in the field and as chips. @param {string[] | number[]} list */
export function write(list) {
  field().value = list.join(', ');
  draw();
}

function draw() {
  const chip = (word) => {
    const safe = word.replace(/[<&"]/g, '').slice(0, 12);
    const label = `Leave out ${safe} evaluations`;
    const attributes = `data-budget="${safe}" aria-label="${label}"`;
    return `<button type="button" ${attributes}>${safe}<i aria-hidden="true">×</i></button>`;
  };
  $('#compare-chips').innerHTML = words().map(chip).join('');
}

const within = (input, low, high) => Math.round(Math.min(high, Math.max(low, +input.value || low)));

function fill() {
  const [from, to] = ['#budgets-from', '#budgets-to'].map((id) => within($(id), 1, LARGEST)),
    count = within($('#budgets-count'), 1, MOST);
  for (const [id, v] of Object.entries({ from, to, count })) $(`#budgets-${id}`).value = v;
  write(between(Math.min(from, to), Math.max(from, to), count, $('#budgets-log').checked));
}

// The chip after the one that went, or the last, has the focus: the next may be taken out at once.
function leaveOut(chip) {
  const k = $$('#compare-chips button').indexOf(chip);
  write(words().filter((_, i) => i !== k));
  const left = $$('#compare-chips button');
  (left[Math.min(k, left.length - 1)] ?? $('#budgets-more summary')).focus();
}

/** @param {number[]} usual budgets that nobody chose @param {() => void} changed */
export function init(usual, changed) {
  write(usual);
  $('#compare-chips').onclick = (e) => {
    const chip = e.target.closest('button');
    if (!chip) return;
    leaveOut(chip);
    changed();
  };
  $('#budgets-fill').onclick = () => {
    fill();
    changed();
  };
  field().addEventListener('input', draw);
  field().addEventListener('change', changed);
}
