// What an edit starts from and which classes it goes to: a row of choices of the Compare page.

import { $ } from '../state.js';

const FROM = '#compare-from',
  CLASSES = '#compare-classes';

export const keys = ['from', 'classes'];

/** `again` is called where a choice changes. */
export function init(again) {
  $(FROM).onchange = again;
  $(CLASSES).onchange = again;
}

/** Part of what is asked of the server. */
export const asked = () => ({ origin: $(FROM).value, classes: $(CLASSES).value });

export function write(params) {
  if ($(FROM).value !== 'data') params.set('from', $(FROM).value);
  const classes = $(CLASSES).value.replace(/\s+/g, '');
  if (classes) params.set('classes', classes);
}

export function read(params) {
  const from = params.get('from') ?? 'data';
  if ([...$(FROM).options].some((o) => o.value === from)) $(FROM).value = from;
  $(CLASSES).value = (params.get('classes') ?? '').slice(0, 80).replaceAll(',', ', ');
}
