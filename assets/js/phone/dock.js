// A phone's dock: a chip for each setting one reaches for most, and “More” for all of them.  A tap opens what
// belongs to it as a sheet above the dock.  The sheet is the list of settings itself, cut down to what is asked
// for: there is no second slider.

import { $, $$, S } from '../state.js';
import { unfold } from '../controls/rows.js';
import { chip } from './chips.js';
import { phone, whenPhone } from './phone.js';
import { swipe } from './swipe.js';

const dock = () => $('#dock');
const sheet = () => $('.controls');
const chipOf = (name) => $(`#dock [data-chip="${name}"]`);

const folds = []; // closes again what the sheet had to open
let open = null, // the chip whose sheet is open
  scrolled = 0; // where the page stood

/** The chip whose sheet is open, or null. */
export const opened = () => open;

/** What the chips say; called whenever a setting has moved. */
export function drawDock() {
  if (!phone()) return;
  const told = $('.told', sheet()); // what a lesson is about
  lend(told);
  for (const button of $$('#dock [data-chip]')) {
    const { title, value, changed, shows } = chip(button.dataset.chip),
      name = button.dataset.chip === 'more' ? 'More' : title;
    write($('b', button), name);
    write($('span', button), value);
    button.classList.toggle('changed', changed);
    button.classList.toggle('told', Boolean(told && shows?.some((node) => node.contains(told))));
  }
  if (open) drawSheet();
}

// A lesson about a setting that no chip holds brings a chip of its own, the first.
function lend(told) {
  const key = told?.dataset.key,
    own = $('#dock .lent'),
    held = (name) => chip(name).shows?.some((node) => node.contains(told));
  if (own && own.dataset.chip !== key && open !== own.dataset.chip) own.remove();
  if (!key || chipOf(key) || $$('#dock [data-chip]').some((b) => held(b.dataset.chip))) return;
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'lent' });
  button.dataset.chip = key;
  button.innerHTML = '<b></b><span></span>';
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-controls', 'settings');
  dock().prepend(button);
}

const write = (node, words) => node.textContent === words || (node.textContent = words);

// What the open chip shows: other rows of its group may have come with another choice.
function drawSheet() {
  const { title, note, shows } = chip(open);
  write($('#sheet-title'), title);
  write($('#sheet-note'), note ?? '');
  const now = shows ?? [];
  for (const node of $$('.lifted', sheet())) if (!now.includes(node)) node.classList.remove('lifted');
  for (const node of now) node.classList.add('lifted');
}

/** Opens the sheet of a chip, or of the key of a setting that has none. */
export function openSheet(name) {
  if (!phone() || open === name) return;
  if (open) put();
  else scrolled = scrollY;
  open = name;
  for (const node of chip(open).shows ?? []) folds.push(...unfold(node)); // as long as the sheet is open
  document.body.dataset.sheet = name === 'more' ? 'all' : 'one';
  Object.assign(sheet(), { scrollTop: 0 });
  sheet().setAttribute('role', 'dialog');
  sheet().setAttribute('aria-label', `Setting: ${chip(name).title}`);
  press();
  drawDock();
  scrollTo(0, 0);
  first()?.focus({ preventScroll: true });
}

// The slider or menu that one came for.
const first = () =>
  open === 'more'
    ? $('#sheet-close')
    : ($$('.lifted :is(input[type=range], select), .lifted:is(input, select)', sheet()).find(
        (node) => node.offsetParent && !node.disabled,
      ) ?? $('#sheet-close'));

const press = () => {
  for (const button of $$('#dock [data-chip]'))
    button.setAttribute('aria-expanded', String(button.dataset.chip === open));
};

// The list of settings as it was.
function put() {
  for (const node of $$('.lifted', sheet())) node.classList.remove('lifted');
  for (const fold of folds.splice(0)) fold();
}

/** Closes the sheet; the focus goes back to its chip. */
export function closeSheet({ focus = true } = {}) {
  if (!open) return;
  const from = chipOf(open);
  put();
  open = null;
  delete document.body.dataset.sheet;
  sheet().setAttribute('role', 'complementary');
  sheet().setAttribute('aria-label', 'Settings');
  press();
  scrollTo(0, scrolled);
  if (focus) from?.focus({ preventScroll: true });
}

// The page leaves as much room under the stage as the sheet takes.
function room() {
  new ResizeObserver(([{ target }]) => {
    if (open) document.body.style.setProperty('--sheet', `${target.offsetHeight}px`);
  }).observe(sheet());
}

export function initDock() {
  dock().addEventListener('click', (e) => {
    const name = e.target.closest('[data-chip]')?.dataset.chip;
    if (name) name === open ? closeSheet() : openSheet(name);
  });
  $('#sheet-close').onclick = () => closeSheet();
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || !open || $(':popover-open, dialog[open]')) return;
    e.preventDefault();
    closeSheet();
  });
  for (const kind of ['input', 'change', 'click']) sheet().addEventListener(kind, () => drawDock());
  swipe($('#sheet-head'), sheet(), () => closeSheet());
  room();
  if ($('#lesson')) new MutationObserver(() => S.parts.run && drawDock()).observe($('#lesson'), { childList: true });
  whenPhone((on) => {
    if (!on) closeSheet({ focus: false });
    else if (S.parts.run) drawDock();
  });
}
