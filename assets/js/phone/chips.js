// What the chips of a phone's dock say, and what of the list of settings each of them shows.

import { $, S } from '../state.js';
import { basisOf } from '../controls/spec.js';
import { text } from '../controls/sliders.js';

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const chosen = (slot) => $(`#slot-${slot}`).selectedOptions[0]?.text ?? '';
const resets = (group) => !$(`.controls .reset[data-group="${group}"]`).disabled;
const rowOf = (key) =>
  document.querySelector(`.controls .row[data-key="${key}"]:not([hidden])`) ??
  document.querySelector(`.controls .row[data-key="${key}"]`);

// One number: its own row, and what it says of itself: why it has no effect, or what it is.
function number(key, words = []) {
  const row = rowOf(key);
  return {
    value: text(S.values[key]),
    changed: !same(S.values[key], basisOf(key)),
    shows: [row, ...words],
    note: words.length && !row.classList.contains('off') ? '' : row.title,
  };
}

// A choice and what belongs to it: its group, without the head.
const group = (name, value) => ({ value, changed: resets(name), shows: [$(`.controls .group[data-group="${name}"]`)] });

const CHIPS = {
  rho: () =>
    'timesteps.rho' in S.values
      ? { title: 'ρ', ...number('timesteps.rho') }
      : { title: 'Steps', ...group('schedule', chosen('timesteps')) },
  nfe: () => ({ title: 'NFE', ...number('nfe', [$('#help-budget')]) }),
  solver: () => ({ title: 'Solver', ...group('solver', chosen('solver')) }),
  churn: () => ({ title: 'Churn', ...group('churn', S.values.s_churn > 0 ? text(S.values.s_churn) : 'off') }),
  data: () => ({ title: 'Data', ...group('data', chosen('data')) }),
  more: () => ({ title: 'Settings', value: 'all', changed: false, shows: null }),
};

/** Any setting by its key, for a lesson that is about one which the dock does not hold. */
export const ofKey = (key) => ({ title: $('label', rowOf(key))?.textContent || key, ...number(key) });

/** {title, value, changed, note, shows: elements of the list, or null for all of it}
 * @param {string} name  of a chip, or the key of a setting */
export const chip = (name) => (CHIPS[name] ? CHIPS[name]() : ofKey(name));
