// A change that the server refused: its control goes back to what is on show and says why.  What a person
// has still to give, a file or a drawing, is waited for, and what is on show is said to be of the old.

import { config, slotOf } from '../controls/spec.js';
import { S, set } from '../state.js';
import { mark } from './fields.js';

const CHOICES = ['data', 'model', 'solver', 'timesteps', 'schedule'];
const differs = (key) => JSON.stringify(S.values[key]) !== JSON.stringify(S.shown[key]);
const keysOf = (slot) =>
  [...new Set([...Object.keys(S.values), ...Object.keys(S.shown)])].filter((k) => k === slot || slotOf(k) === slot);

/** Whether anything is asked for that is not on show. */
export const ahead = () => [...new Set([...Object.keys(S.values), ...Object.keys(S.shown)])].some(differs);

/** The values that the answer names go back, each marked at its field; false where it names none of them.
 * @param {{problem: string, fields?: string[]}} message */
export function marked({ problem, fields = [] }) {
  const bad = fields.filter((key) => key in S.values && key in S.shown && differs(key));
  const given = bad.map((key) => S.values[key]);
  // not a change of the reader's, so no step of Undo
  set({ values: { ...S.values, ...Object.fromEntries(bad.map((key) => [key, S.shown[key]])) } });
  bad.forEach((key, i) => mark(key, given[i], problem));
  return bad.length > 0;
}

/** Whether these data wait for something that a person has to give. */
export const wants = () => {
  const { needs } = config.entries.data[S.values.data] ?? {};
  const own = { file: 'data.digest', drawing: 'data.points_text' }[needs];
  return Boolean(own) && differs('data') && !S.values[own];
};

/** The choices that are not on show go back, with all that belongs to them; which these were. */
export function wentBack() {
  const slots = CHOICES.filter((slot) => keysOf(slot).some(differs));
  if (!slots.length) return slots;
  const own = (key) => slots.some((slot) => key === slot || slotOf(key) === slot);
  const others = Object.entries(S.values).filter(([key]) => !own(key)),
    shown = Object.entries(S.shown).filter(([key]) => own(key));
  set({ values: Object.fromEntries([...others, ...shown]), full: [] });
  return slots;
}
