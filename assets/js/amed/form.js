// The AMED page's form: whom to train, on what, and how.

import { $, $$, S } from '../state.js';

export const student = () => $('#amed-student').value,
  nfe = () => +$('#amed-nfe').value;
export const request = () => ({ values: S.values, student: student(), nfe: nfe() });

// The settings that the chosen student is usually trained with.
export function usual(recipes, recipe = 'here') {
  for (const [k, v] of Object.entries(recipes[student()][recipe])) {
    const field = $(`#amed-${k}`);
    if (field) field.value = v;
  }
}

export function how() {
  const out = {};
  for (const field of $$('#amed-form [data-how]')) {
    const text = field.value.trim(),
      plain = text.replace(',', '.');
    out[field.dataset.how] =
      text === 'true' || text === 'false' ? text === 'true' : plain !== '' && Number.isFinite(+plain) ? +plain : text;
  }
  return out;
}
