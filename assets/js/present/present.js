// Presenter mode, `?present=1&show=stage,spine&allow=timesteps.rho,nfe`: chosen panels in large type, and no
// controls but those that whoever made the link allows.  What is not allowed does not move, by whatever
// way: `change` in state.js asks `may`.  Nothing is stored or sent of who looks.

import { $, $$, S, clamp, guard } from '../state.js';
import { viewQuery } from '../address.js';
import { config, slotOf } from '../controls/spec.js';
import { copy } from '../help.js';
import { onlyStrips } from '../strips/strips.js';
import { enlarge } from '../theme.js';

/** The panels that a link may choose, by their data-part, and what they are called. */
export const PANELS = { headline: 'Headline', stage: 'Stage', spine: 'Strips along σ', shelf: 'Path and steps' };
const USUAL = ['headline', 'stage', 'spine'];
const OWN = ['present', 'show', 'allow'];

let chosen = null; // {show, allow, said: as the link has them, strips, keys, lesson, unknown} while presenting

/** The settings that a name of a link means: its own, those of a choice, or those that end in it, as `rho` does.
 * @param {string} name @param {{parameters: object, entries: object}} known */
export function settingsOf(name, { parameters, entries }) {
  if (name in parameters || name in entries) return [name];
  const short = (key) => key.split('.').at(-1).toLowerCase() === name.toLowerCase();
  return Object.keys(parameters).filter(short);
}

/** What a link chooses, or null; a name that nothing has is in `unknown`.
 * @param {URLSearchParams} params @param {{parameters: object, entries: object}} known settings
 * @param {string[]} strips */
export function choice(params, known, strips) {
  if (params.get('present') !== '1') return null;
  const list = (key) => [...new Set((params.get(key) ?? '').split(',').filter(Boolean))],
    is = (name) => name in PANELS || strips.includes(name),
    show = list('show').filter(is),
    allow = list('allow').filter((name) => settingsOf(name, known).length),
    single = show.includes('spine') ? [] : show.filter((name) => strips.includes(name)),
    panels = show.filter((name) => name in PANELS);
  return {
    said: { show: show.length ? show : USUAL, allow },
    show: show.length ? [...panels, ...(single.length ? ['spine'] : [])] : USUAL,
    strips: single,
    allow: allow.flatMap((name) => settingsOf(name, known)),
    lesson: params.get('lesson'),
    unknown: [...list('show'), ...list('allow')].filter((name) => !is(name) && !settingsOf(name, known).length),
  };
}

/** Whether a setting may move: it is allowed, or belongs to a choice that is.
 * @param {string} key @param {string[]} allow */
export const may = (key, allow) => allow.includes(key) || allow.includes(key.split('.')[0]);

/** Whether the page is presented. */
export const presenting = () => Boolean(chosen);

/** Whether a whole view may come on show: while presenting, the steps of the link's own lesson alone.
 * @param {string} query */
export const mayVisit = (query) =>
  !chosen || (chosen.lesson != null && new URLSearchParams(query).get('lesson') === chosen.lesson);

/** Its part of a link. @param {URLSearchParams} params */
export function writePresent(params) {
  if (!chosen) return;
  params.set('present', '1');
  params.set('show', chosen.said.show.join());
  if (chosen.said.allow.length) params.set('allow', chosen.said.allow.join());
}

// What is on show now, for everyone.
const without = () => {
  const params = new URLSearchParams(viewQuery());
  for (const key of OWN) params.delete(key);
  return params;
};

const PIECES = '[data-key], [data-slot-select]';

// Rows that do not move are not there; a group without a row that does is not either.
function lock() {
  const moves = (of) => may(of.dataset.key ?? of.dataset.slotSelect, chosen.allow),
    some = (box) => (box.matches(PIECES) && moves(box)) || $$(PIECES, box).some(moves);
  for (const row of $$('.controls :is(.row, [data-key])')) row.classList.toggle('kept', !some(row));
  for (const group of $$('.controls .group')) {
    group.classList.toggle('kept', !some(group));
    group.open = some(group);
  }
}

/** Read the link; the mode begins with the page and ends with it.
 * @param {(direction: number) => void} turn a step on or back */
export function initPresent(turn) {
  const strips = config.explore.strips.map(({ name }) => name);
  chosen = choice(new URLSearchParams(location.search), config, strips);
  $('#present').onclick = offer;
  if (!chosen) return;
  document.documentElement.dataset.present = chosen.show.join(' ');
  document.documentElement.dataset.allow = chosen.allow.length ? 'some' : 'none';
  guard((key) => may(key, chosen.allow));
  lock();
  if (chosen.strips.length) {
    onlyStrips(chosen.strips);
    document.documentElement.dataset.strips = chosen.strips.join(' ');
  }
  size();
  addEventListener('resize', size);
  if (chosen.unknown.length)
    $('#locked').prepend(`The link names “${chosen.unknown.join('”, “').slice(0, 60)}”, which the page has not. `);
  const leave = $('#unlock');
  for (const kind of ['pointerdown', 'focus', 'click'])
    leave.addEventListener(kind, () => (leave.href = `?${without()}`));
  leave.target = '_self'; // a document of its own
  $('#locked').hidden = false;
  addEventListener('keydown', (e) => {
    const d = { PageDown: 1, PageUp: -1 }[e.key];
    if ($('dialog[open]') || $(':popover-open')) return;
    if (e.key === 'Escape') return e.target.matches?.('input, select') ? e.target.blur() : leave.click();
    if (!d) return;
    e.preventDefault();
    const told = new CustomEvent('turn', { detail: d, cancelable: true }); // a lesson takes it for its own steps
    if (document.dispatchEvent(told)) turn(d);
  });
}

// Words as large for the last row of a room as the screen is wide: some 14 pixels of 1366, 19 of 1920.
function size() {
  const times = innerWidth < 1000 ? 1 : clamp(innerWidth / 1080, 1.2, 2);
  document.documentElement.style.setProperty('--big', times.toFixed(3));
  enlarge(times);
}

// ---- the form that makes the link ------------------------------------------------------------------

// The settings on show, each once.
function settings() {
  const rows = $$('.controls [data-key]').filter(
    (row) => !row.closest('[hidden]') && slotOf(row.dataset.key) !== 'data',
  );
  return Object.fromEntries(
    rows.map((row) => [row.dataset.key, $('label, .name', row)?.textContent.trim() || row.dataset.key]),
  );
}

const ticks = (name, all, on) =>
  Object.entries(all)
    .map(
      ([value, label]) =>
        `<label><input type="checkbox" name="${name}" value="${value}"` +
        `${on.includes(value) ? ' checked' : ''}>${label}</label>`,
    )
    .join('');

function offer() {
  for (const own of $$('#present-box fieldset')) own.hidden = S.page !== 'explore'; // the others have no panels
  $('#present-show').innerHTML = ticks('show', PANELS, chosen?.said.show ?? USUAL);
  $('#present-allow').innerHTML = ticks('allow', settings(), chosen?.allow ?? []);
  const picked = (name) => $$(`#present-box input[name=${name}]:checked`).map((tick) => tick.value);
  $('#present-copy').onclick = (e) => {
    const params = without();
    params.set('present', '1');
    if (S.page === 'explore') params.set('show', picked('show').join());
    if (S.page === 'explore' && picked('allow').length) params.set('allow', picked('allow').join());
    copy(`${location.origin}${location.pathname}?${params.toString().replaceAll('%2C', ',')}`, e.currentTarget);
  };
  $('#present-box').showModal();
}
