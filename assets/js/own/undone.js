// What Undo takes back of a form in the left column: all its fields, as they stood before a gesture.

import { $, $$ } from '../state.js';
import { drawUndo, gesture } from '../gestures/gesture.js';

const stands = (field) => (field.type === 'checkbox' ? field.checked : field.value);

/** A form's part of Undo.  `held`: its fields by their ids as they were last known, null before `hold`; `hold`: as
 * they stand now; `act`: does what a press of a button does, as one gesture; `put`: writes fields.
 * @param {string} page whose form it is */
export function undone(page) {
  const own = $(`[data-own][data-body="${page}"]`);
  let held = null;
  // the group of data that stands within is Explore's, and takes itself back
  const fields = () => $$('select, input', own).filter((field) => !field.closest('[data-slot="data"]'));
  const ours = (e) => held && !e.target.closest('[data-slot="data"]');
  const hold = () => {
    held = Object.fromEntries(fields().map((field) => [field.id, stands(field)]));
    drawUndo();
  };
  for (const type of ['input', 'change']) {
    own.addEventListener(type, (e) => ours(e) && gesture(), true); // before anything follows of it
    own.addEventListener(type, (e) => ours(e) && hold());
  }
  return {
    held: () => held,
    hold,
    act: (what) => {
      gesture();
      what();
      hold();
    },
    put: (kept) => {
      for (const field of fields())
        if (field.id in kept) field[field.type === 'checkbox' ? 'checked' : 'value'] = kept[field.id];
      held = kept;
    },
  };
}
