// What a link carries of the Schedules page: all that was asked, under names of its own.

const KEYS = {
  packed: 'paste',
  reading: 'paste.as',
  model: 'paste.model',
  steps: 'paste.steps',
  shift: 'paste.shift',
  pick: 'paste.run',
  rows: 'paste.lists',
  mended: 'paste.mended',
  strength: 'paste.strength',
  split: 'paste.split',
  at: 'paste.at',
  copy: 'paste.copy',
  data: 'paste.data',
  recording: 'paste.recording',
  beside: 'paste.beside',
};
const NUMBERS = ['steps', 'shift', 'pick', 'strength', 'split'];
const LISTS = ['rows', 'mended'];

export const keys = Object.values(KEYS);

/** @param {URLSearchParams} params @param {Record<string, any>} asked */
export function write(params, asked) {
  for (const [name, key] of Object.entries(KEYS)) {
    const value = asked[name];
    if (value == null || value === '' || (LISTS.includes(name) && name !== 'rows' && !value.length)) continue;
    params.set(key, Array.isArray(value) ? value.join(';') : String(value));
  }
}

/** @param {URLSearchParams} params @returns {Record<string, any>} */
export function read(params) {
  const out = {};
  for (const [name, key] of Object.entries(KEYS)) {
    const value = params.get(key);
    if (value == null) continue;
    if (NUMBERS.includes(name)) out[name] = Number.isFinite(+value) ? +value : value;
    else if (LISTS.includes(name)) out[name] = value.split(';').filter(Boolean);
    else out[name] = value;
  }
  return out;
}

/** What belongs to one pasted text: another one begins without. */
export const FRESH = {
  reading: null,
  model: null,
  steps: null,
  shift: null,
  pick: null,
  rows: null,
  mended: [],
  strength: null,
  split: null,
  recording: null,
  beside: null,
};
