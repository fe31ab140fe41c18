// What the server says of each key: its bounds, its default, its words.

import { S } from '../state.js';

export let config = null; // as given once at the start
export function useConfig(given) {
  config = given;
}

export const specOf = (key) => config.parameters[key];
export const slotOf = (key) => (key.includes('.') ? key.split('.')[0] : null);

// The default values of one choice of a slot.
export const defaults = (slot, entry) => config.entries[slot][entry].values;

// The line of a slot's menu: the entry, and of another tool's lists which one.
export function optionOf(slot, values) {
  const by = config?.entries[slot]?.[values[slot]]?.by;
  return by ? `${values[slot]}:${values[by]}` : String(values[slot]);
}

// The default of a key: of the chosen entry where it belongs to a slot.
export const basisOf = (key) =>
  slotOf(key) ? config.entries[slotOf(key)][S.values[slotOf(key)]]?.values[key] : config.defaults[key];
