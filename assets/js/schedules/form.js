// The controls beside the figure: model, steps, shift, lists, strength, hand-over, examples.

import { $, clamp } from '../state.js';
import { rest } from './numbers.js';

const DRAG = 40; // ms between two questions while a slider moves

/** @param {{config: object, change: (fields: object) => void, paste: (text: string, more?: object) => void, box: any,
 *   told: () => any, hand: (step: number) => void}} given */
export function initForm({ config, change, paste, box, told, hand }) {
  const { families, examples } = config.schedules;
  $('#sch-model').innerHTML =
    '<option value="">found in the text</option>' +
    families.map(({ name, label }) => `<option value="${name}">${label}</option>`).join('');
  $('#sch-model').onchange = (e) => change({ model: e.target.value || null, shift: null, mended: [] });
  $('#sch-run').onchange = (e) =>
    change({ pick: +e.target.value, steps: null, shift: null, mended: [], rows: null, at: null });
  $('#sch-reset').onclick = () => change({ model: null, steps: null, shift: null, reading: null });
  $('#sch-reading').onclick = (e) => {
    const b = e.target.closest('[data-as]');
    if (b) change({ reading: b.dataset.as, model: null, mended: [], shift: null, at: null });
  };
  pair('#sch-steps', { of: Number, set: (v) => change({ steps: Math.round(v), mended: [] }) });
  pair('#sch-shift', { of: (v) => Math.exp(v), set: (v) => change({ shift: +v.toPrecision(4) }) });
  pair('#sch-strength', { of: Number, set: (v) => change({ strength: v >= 1 ? null : v }) });
  $('#sch-split').oninput = (e) => hand(+e.target.value);
  $('#sch-add').onchange = (e) => {
    const name = e.target.value;
    e.target.value = '';
    if (name) change({ rows: [...told().rows.map((r) => r.name), name] });
  };
  acts(examples, paste, box);
}

// A slider and the number beside it.
function pair(id, { of, set }) {
  const [slider, field] = [$(id), $(`${id}-number`)],
    soon = rest(set, DRAG);
  slider.oninput = () => {
    const v = of(+slider.value);
    field.value = String(+v.toPrecision(3));
    slider.style.setProperty('--p', `${(100 * (slider.value - slider.min)) / (slider.max - slider.min)}%`);
    soon(v);
  };
  field.onchange = () => {
    const v = +field.value.replace(',', '.');
    if (Number.isFinite(v) && field.value.trim()) set(v);
  };
}

/** Put a slider and its number where they belong.
 * @param {string} id @param {number} value @param {number} number */
export function place(id, value, number) {
  const slider = $(id);
  if (document.activeElement !== slider) slider.value = clamp(value, +slider.min, +slider.max);
  slider.style.setProperty('--p', `${(100 * (slider.value - slider.min)) / (slider.max - slider.min || 1)}%`);
  const field = $(`${id}-number`);
  if (document.activeElement !== field) field.value = String(number);
}

function acts(examples, paste, box) {
  $('#sch-examples').innerHTML = examples
    .map(({ name, label }) => `<button class="plain" data-example="${name}">${label}</button>`)
    .join('');
  const take = (e) => {
    const b = e.target.closest('[data-example]'),
      found = b && examples.find(({ name }) => name === b.dataset.example);
    if (found) paste(found.text, found.more);
  };
  $('#sch-examples').onclick = take;
  $('#sch-cards').onclick = take;
  $('#sch-clear').onclick = () => {
    paste('');
    box.focus();
  };
  $('#sch-take').onclick = async () => {
    try {
      const text = await navigator.clipboard.readText();
      if (text.trim()) paste(text);
    } catch {
      box.focus(); // the browser keeps the clipboard to itself: Ctrl V works
    }
  };
  $('#sch-change').onclick = (e) => {
    const open = $('.sch-in').classList.toggle('open');
    e.currentTarget.setAttribute('aria-expanded', String(open));
    e.currentTarget.textContent = open ? 'Close' : 'Change';
  };
}
