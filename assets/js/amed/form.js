// The AMED page's form: whom to train, on what, and how.

import { $, $$, S } from '../state.js';
import { apply } from '../own/column.js';

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

/** The form holds what a training that was found again was begun with. */
export function adopt(training) {
  $('#amed-student').value = training.student;
  $('#amed-nfe').value = training.nfe;
  for (const [k, v] of Object.entries(training.how)) {
    const field = $(`#amed-${k}`);
    if (field) field.value = v;
  }
}

/** What does not apply is dimmed, with its reason; a folded group says what it holds. */
export function applies() {
  const { place, finish, rounds, rate } = how();
  apply('#amed-weigh', +finish > 0 ? null : 'Nothing is learned from the end itself.');
  const stops = {
    view: 'Those of the open view.',
    gits: 'GITS places them, then they stay.',
    search: 'Found by a search before anything is learned.',
  };
  $('#amed-stops-why').hidden = false;
  $('#amed-stops-why').textContent = stops[place] ?? '';
  $('#amed-learning-sum').textContent = `${rounds} rounds, rate ${rate}`;
  $('#amed-train').textContent = `Train ${$('#amed-student').selectedOptions[0].textContent}`;
}
