// Two runs are told apart by what they differ in, in the words of the controls: “ρ = 7”.

import { optionOf } from './controls/spec.js';
import { $, S } from './state.js';

const MOST = 2; // settings that a run is named after

const slotOf = (key) => key.split('.')[0];

/** The settings in which `a` differs from `b`; of another solver, not also its own settings.
 * @param {Record<string, any>} a @param {Record<string, any>} b @returns {string[]} */
export function departures(a, b) {
  const keys = Object.keys(a).filter((k) => JSON.stringify(a[k]) !== JSON.stringify(b[k]));
  const slots = keys.filter(
    (k) => !k.includes('.') && Object.keys({ ...a, ...b }).some((of) => of.startsWith(`${k}.`)),
  );
  return keys.filter((k) => slots.includes(k) || !slots.includes(slotOf(k)));
}

// The menu of a slot whose lines tell this key apart: a slot, or the list of another tool.
const menuOf = (key, values) => {
  const of = slotOf(key),
    menu = $(`select[data-slot-select="${of}"]`),
    line = menu && optionOf(of, values);
  if (key === of) return [menu, line];
  return line?.endsWith(`:${values[key]}`) && !$(`[data-key="${key}"]`) ? [menu, line] : [null];
};

// “ρ = 7”, “Heun”, “karras · ComfyUI”, “seed = 1”; null for what has no plain word.
function spoken(key, values) {
  const value = values[key],
    [menu, line] = menuOf(key, values);
  if (menu) {
    return [...menu.options].find((o) => o.value === line)?.textContent ?? null;
  }
  const choice = $(`[data-key="${key}"]:not([hidden]) select`);
  if (choice) return [...choice.options].find((o) => o.value === String(value))?.textContent ?? null;
  const radio = $(`[data-slot-select="${key}"] input[value="${value}"]`);
  if (radio) return radio.parentNode.textContent.trim();
  const label = $(`[data-key="${key}"]:not([hidden]) label`)?.textContent;
  if (!label || typeof value !== 'number') return null;
  const name = /^[A-Z][a-z]{2,}/.test(label) ? label.toLowerCase() : label;
  return `${name} = ${+value.toPrecision(6)}`;
}

/** What settings are called after some of them, “ρ = 7, Heun”; '' where that cannot be said.
 * @param {Record<string, any>} values @param {string[]} keys */
export function called(values, keys) {
  const words = keys.map((k) => spoken(k, values));
  return words.length && words.length <= MOST && words.every(Boolean) ? words.join(', ') : '';
}

/** What these settings are called beside others.  @param {Record<string, any>} others */
export const beside = (values, others) => called(values, departures(values, others));

/** The settings on the controls beside those of the answer on show. */
export const asked = () => beside(S.values, S.shown);
/** The answer on show beside the settings on the controls. */
export const answered = () => called(S.shown, departures(S.values, S.shown));
