// Rows of choices that one measurement of the Compare page has: the two settings of churn, what an edit starts from
// and which classes it goes to, and which denoisers the three designs run on.

import { $ } from '../state.js';

const FROM = '#compare-from',
  CLASSES = '#compare-classes',
  ON = '#compare-on',
  AXES = ['#compare-up', '#compare-across'];

const axes = () => AXES.map((axis) => $(axis).value);

export const keys = ['from', 'classes', 'on', 'axes'];

/** @param {(kind: string) => void} again is called where a choice changes. */
export function init(again) {
  $(FROM).onchange = () => again('edit');
  $(CLASSES).onchange = () => again('edit');
  $(ON).onchange = () => again('equal');
  for (const axis of AXES) $(axis).onchange = () => again('heat');
}

/** Shows the row of what is measured. @param {string | null} kind */
export function mark(kind) {
  $('#compare-edits').hidden = kind !== 'edit';
  $('#compare-designs').hidden = kind !== 'equal';
  $('#compare-axes').hidden = kind !== 'heat';
}

/** By kind, part of what is asked of the server. */
export const asked = {
  heat: () => ({ axes: axes() }),
  edit: () => ({ origin: $(FROM).value, classes: $(CLASSES).value }),
  equal: () => ({ on: $(ON).value }),
};

export function write(params, kind) {
  if (kind === 'equal' && $(ON).value !== 'settings') params.set('on', $(ON).value);
  if (kind === 'heat') params.set('axes', axes().join());
  if (kind !== 'edit') return;
  if ($(FROM).value !== 'data') params.set('from', $(FROM).value);
  const classes = $(CLASSES).value.replace(/\s+/g, '');
  if (classes) params.set('classes', classes);
}

export function read(params) {
  const choose = (field, value) => {
    if ([...$(field).options].some((o) => o.value === value)) $(field).value = value;
  };
  choose(FROM, params.get('from') ?? 'data');
  choose(ON, params.get('on') ?? 'settings');
  const pair = (params.get('axes') ?? '').split(',');
  AXES.forEach((axis, i) => choose(axis, pair[i]));
  $(CLASSES).value = (params.get('classes') ?? '').slice(0, 80).replaceAll(',', ', ');
}
