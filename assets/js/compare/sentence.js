// “Vary X against Y and measure Z of N paths”: a sentence whose words open what can be chosen.

import { escaped } from '../schedules/svg.js';
import { $, $$, S } from '../state.js';
import { place } from '../words/place.js';

let all = null, // { settings, measures }, as the server tells them
  entries = null,
  changed = () => {};
export const asked = { axes: ['', ''], lists: ['', ''], measure: 'median', paths: 64, seeds: 2 };

const PATHS = [16, 32, 64, 128, 256, 512, 1024],
  SEEDS = [1, 2, 4, 8, 16, 32, 64];

/** The settings that an axis can have in this view. */
export const settings = () => all.settings.filter(({ key, of }) => of == null || S.values[key.split('.')[0]] === of);
const setting = (key) => settings().find((one) => one.key === key) ?? all.settings.find((one) => one.key === key);
const slot = (key) => entries[key] ?? null;

/** What the values of a setting are, as text, where nobody has chosen. */
export function usual(key) {
  const own = setting(key);
  if (own?.usual) return own.usual;
  const names = slot(key) ? Object.keys(slot(key)).slice(0, 4) : (own?.choices ?? []).map(([name]) => name);
  return names.join(', ');
}

/** How many values a text has, as far as that can be told here. */
export function count(text) {
  const range = /(?:…|\.{2,3}|\bto\b)[^,]*,\s*(\d+)/.exec(text);
  return range
    ? +range[1]
    : new Set(
        text
          .split(/[,;]/)
          .map((w) => w.trim())
          .filter(Boolean),
      ).size;
}

// An option each, of pairs of value and words.
const options = (pairs) => pairs.map(([value, text]) => `<option value="${value}">${escaped(text)}</option>`).join('');

function words() {
  const axis = (k) => `<button type="button" data-word="${k}" aria-haspopup="dialog"></button>`,
    menu = (name, label, pairs) => `<select data-${name} aria-label="${label}">${options(pairs)}</select>`,
    seeds = SEEDS.map((n) => [n, `${n} seed${n > 1 ? 's' : ''}`]);
  return (
    `Vary ${axis(0)} against ${axis(1)} and measure ` +
    `${menu('measure', 'What is measured', Object.entries(all.measures))} of ` +
    `${menu(
      'paths',
      'Paths of each seed',
      PATHS.map((n) => [n, `${n} paths`]),
    )} × ` +
    menu('seeds', 'Seeds', seeds)
  );
}

/** @param {HTMLElement} bar @param {any} config @param {any} slots entries of the page's settings
 * @param {() => void} then a word has changed */
export function init(bar, config, slots, then) {
  [all, entries, changed] = [config, slots, then];
  bar.innerHTML = words();
  const box = document.createElement('div');
  box.className = 'pop axis-pop';
  box.popover = 'auto';
  box.setAttribute('role', 'dialog');
  box.setAttribute('aria-label', 'An axis and its values');
  bar.after(box);
  bar.onclick = (e) => {
    const word = e.target.closest('[data-word]');
    if (word) open(box, word);
  };
  bar.onchange = (e) => {
    const { dataset, value } = e.target;
    if ('measure' in dataset) asked.measure = value;
    if ('paths' in dataset) asked.paths = +value;
    if ('seeds' in dataset) asked.seeds = +value;
    draw(bar);
    changed();
  };
  box.onchange = (e) => {
    const which = +box.dataset.which;
    if (e.target.matches('select')) {
      asked.axes[which] = e.target.value;
      asked.lists[which] = usual(e.target.value);
      fill(box, which);
    } else if (e.target.matches('[type=checkbox]'))
      asked.lists[which] = $$(':checked', box)
        .map((tick) => tick.value)
        .join(', ');
    else asked.lists[which] = e.target.value.trim() || usual(asked.axes[which]);
    draw(bar);
    changed();
  };
  box.onkeydown = (e) => e.key === 'Enter' && e.target.matches('input[type=text]') && box.hidePopover();
}

function open(box, word) {
  box.dataset.which = word.dataset.word;
  fill(box, +word.dataset.word);
  box.showPopover();
  place(box, word);
  $('select', box).focus({ preventScroll: true });
}

function fill(box, which) {
  const own = asked.axes[which],
    other = asked.axes[1 - which];
  const option = ({ key, label }) => {
    const more = key === own ? ' selected' : key === other ? ' disabled' : '';
    return `<option value="${escaped(key)}"${more}>${escaped(label)}</option>`;
  };
  const names = namesOf(own),
    text = escaped(asked.lists[which]);
  box.innerHTML =
    `<label>Setting <select>${settings().map(option).join('')}</select></label>` +
    (names.length
      ? `<fieldset><legend>Values</legend>${ticks(names, which)}</fieldset>`
      : `<label>Values <input type="text" spellcheck="false" value="${text}"></label>` +
        '<p>Numbers with commas, or a range: 5…55, 8, log.</p>');
}

function ticks(names, which) {
  const ticked = new Set(asked.lists[which].split(',').map((w) => w.trim()));
  const tick = ([name, label]) => {
    const more = ticked.has(name) ? ' checked' : '';
    return `<label><input type="checkbox" value="${escaped(name)}"${more}> ${escaped(label)}</label>`;
  };
  return names.map(tick).join('');
}

// What a setting is chosen from; none where its values are numbers.
function namesOf(key) {
  if (!slot(key)) return setting(key)?.choices ?? [];
  return Object.entries(slot(key))
    .filter(([name, one]) => name !== 'custom' && !one.lists)
    .map(([name, one]) => [name, (one.short ?? one.label).replace(/-?\{.*?\}/g, '')]);
}

/** The sentence as it is asked. */
export function draw(bar) {
  for (const which of [0, 1])
    $(`[data-word="${which}"]`, bar).innerHTML =
      `${escaped(setting(asked.axes[which])?.label ?? asked.axes[which])} <small>${count(asked.lists[which])}</small>`;
  for (const [name, value] of [
    ['measure', asked.measure],
    ['paths', asked.paths],
    ['seeds', asked.seeds],
  ]) {
    const field = $(`[data-${name}]`, bar);
    if (![...field.options].some((o) => o.value === String(value))) field.add(new Option(`${value} ${name}`, value));
    field.value = value;
  }
}
