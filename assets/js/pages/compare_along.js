// What a sweep goes along: numbers of evaluations, or the values of one numeric setting of the view.

import { $ } from '../state.js';
import { escaped } from '../schedules/svg.js';
import * as budgets from './compare_budgets.js';
import * as sentence from '../compare/sentence.js';

const NFE = 'nfe',
  key = () => $('#compare-along'),
  values = () => $('#compare-over');
let wished = NFE; // of a link that came before the settings of its view

const numeric = () =>
  sentence.settings().filter(({ key, choices }) => choices && !choices.length && !key.startsWith('solver.'));

/** The setting, by its key. */
export const setting = () => (numeric().some((one) => one.key === wished) ? wished : NFE);

/** What is asked of the server beside budgets. */
export const asked = () => (setting() === NFE ? {} : { along: setting(), over: values().value });

/** What it is called, and how many values there are. */
export function said() {
  const own = setting(),
    text = own === NFE ? budgets.text() : values().value;
  return [numeric().find((one) => one.key === own)?.label ?? 'NFE', sentence.count(text)];
}

/** @param {() => void} changed another setting or other values are chosen */
export function init(changed) {
  key().onchange = () => {
    wished = key().value;
    values().value = sentence.usual(wished);
    draw();
    changed();
  };
  values().onchange = () => {
    values().value = values().value.trim() || sentence.usual(wished);
    changed();
  };
  values().onkeydown = (e) => e.key === 'Enter' && $('#pop-along').hidePopover();
}

/** The menu and the fields as they are asked. */
export function draw() {
  const own = setting(),
    menu = numeric().map((one) => `<option value="${escaped(one.key)}">${escaped(one.label)}</option>`);
  if (key().options.length !== menu.length) key().innerHTML = menu.join('');
  key().value = own;
  $('#compare-budget-rows').hidden = own !== NFE;
  values().parentNode.hidden = own === NFE;
}

export const keys = ['along', 'over'];

export function write(params) {
  if (setting() === NFE) return;
  params.set('along', setting());
  if (values().value !== sentence.usual(setting())) params.set('over', values().value.replaceAll(', ', ','));
}

export function read(params) {
  back([params.get('along') ?? NFE, params.get('over')?.slice(0, 400) ?? null]);
}

export const keep = () => [wished, values().value];

/** As it was kept. @param {[string, string | null]} kept */
export function back([name, text]) {
  wished = name;
  values().value = text ?? (name === NFE ? '' : sentence.usual(name));
}
