// The Train page's form: what a training is asked for with, which of it applies, and how long it takes.

import { $, S } from '../state.js';
import { count, number } from '../numbers.js';
import { apply } from '../own/column.js';

const FIELDS = ['hyper', 'capacity', 'precond', 'loss', 'augment', 'p_mean', 'p_std'];
const option = (v, text) => `<option value="${v}">${text}</option>`;

/** The menus, from the server's lists. */
export function menus({ letters, columns, rungs }) {
  const options = (choices) => choices.map((c) => option(c.value, c.label)).join('');
  $('#train-config').innerHTML = Object.keys(letters)
    .map((k) => option(k, k === 'F' ? 'F: EDM, augmented' : k === 'A' ? 'A: as before EDM' : k))
    .join('');
  for (const id of ['precond', 'loss']) $(`#train-${id}`).innerHTML = options(columns);
  for (const [id, ends] of Object.entries(rungs)) $(`#train-${id}`).innerHTML = options(ends);
  $('#train-config').value = 'F';
}

// A number as typed; nonsense goes to the server, whose sentence names it.
const typed = (id) => {
  const v = $(id).value.trim().replace(',', '.');
  return v !== '' && Number.isFinite(+v) ? +v : v;
};

/** What a training would be asked for with. */
export const wanted = () => ({
  config: $('#train-config').value,
  values: S.values,
  training: {
    hyper: $('#train-hyper').value,
    capacity: $('#train-capacity').value,
    precond: $('#train-precond').value,
    loss: $('#train-loss').value,
    augment: typed('#train-augment'),
    p_mean: typed('#train-p_mean'),
    p_std: typed('#train-p_std'),
    kimg: typed('#train-kimg'),
    conditional: $('#train-classes').checked,
  },
});

let given = null; // what the recipe says

/** What follows no recipe is as in a form that was never filled. */
export function anew() {
  $('#train-kimg').value = '';
  $('#train-classes').checked = false;
}

/** Fills the form from what the server says of a recipe and the data. */
export function write(answer) {
  given = answer;
  for (const id of FIELDS) $(`#train-${id}`).value = answer.form[id];
  const kimg = $('#train-kimg');
  if (!kimg.value || kimg.dataset.given === kimg.value) kimg.value = kimg.dataset.given = answer.form.kimg;
  if (!answer.classes) $('#train-classes').checked = false;
  $('#train-about').textContent = `EDM, Table 2: ${answer.about}. Everything below follows it until you change it.`;
  $('#train-size').textContent = `${count(answer.parameters)} parameters`;
  applies();
}

/** The form holds what a training that was found again was begun with. */
export function adopt({ config, form }) {
  $('#train-config').value = config;
  for (const id of [...FIELDS, 'kimg']) $(`#train-${id}`).value = form[id];
  $('#train-classes').checked = Boolean(form.conditional);
  applies();
}

/** What does not apply is dimmed, with its reason. */
export function applies() {
  if (!given) return;
  const points = given.image ? null : 'Points are not augmented.';
  apply('#train-augment', points);
  $('#train-augmented').hidden = !given.image;
  apply('#train-classes', given.classes ? null : 'These data have no classes.');
  const other = $('#train-loss').value === 'edm' ? null : 'Only EDM’s p_train has a mean and a spread.';
  apply('#train-p_mean', other, '#train-density-why');
  apply('#train-p_std', other, '#train-density-why');
}

/** Whether the form as it stands asks for another training than one that was begun with `of`. */
export function differs(of) {
  if (!of || !given) return false;
  const mine = wanted().training,
    same = (a, b) => (Number.isFinite(+a) && Number.isFinite(+b) ? +a === +b : String(a) === String(b));
  const data = Object.entries(of.data).some(([k, v]) => k in S.values && !same(S.values[k], v));
  return data || Object.entries(mine).some(([k, v]) => k in of.form && !same(v, of.form[k]));
}

/** Whether the form says something else than its recipe. */
export const edited = () =>
  Boolean(given) &&
  (FIELDS.some((id) => String(given.form[id]) !== $(`#train-${id}`).value.trim()) ||
    $('#train-kimg').value !== $('#train-kimg').dataset.given ||
    $('#train-classes').checked);

/** “About 3 minutes on this machine.” */
export function lasts(seconds) {
  const leave = 'You may leave the page: it goes on.';
  if (seconds == null) return leave;
  const long =
    seconds < 100 ? `${Math.max(5, Math.round(seconds / 5) * 5)} s` : `${number(Math.ceil(seconds / 60))} minutes`;
  return `About ${long} on this machine. You may leave the page.`;
}
