// The same curve in the place of the shelf, with Euler's beside it where another solver is on show; where the shelf
// has no room, in the middle of the window.

import { $, S } from '../state.js';
import { id } from '../answers.js';
import { call } from '../net.js';
import { drawing, moveTo } from './curve.js';
import { html, thumbAt, trackOf } from './block.js';
import { others } from './ask.js';

const ROOM = [420, 150]; // px of a shelf that holds it

let box = null,
  beside = null, // {curve, of}: Euler's, and the settings that it belongs to
  turn = 0;

const compares = (key) => S.values.solver !== 'euler' && !/^(solver|s_|repeats|inner|low|high)/.test(key);

/** @param {import('./block.js').Block} block */
export function showLarger(block) {
  closeLarger();
  box = document.createElement('dialog');
  box.className = 'answer-large';
  const name = $('label', block.row).innerHTML;
  box.setAttribute('aria-label', `End error along ${$('label', block.row).textContent}`);
  box.innerHTML = `<header><h3>End error against ${name}</h3><span class="answer-of"></span>
    <button class="reset" type="button">Close</button></header><svg role="img" aria-label="Not measured yet"></svg>
    <div class="answer-ticks" aria-hidden="true">${$('.answer-ticks', block.node).innerHTML}</div>
    <p class="answer-words"></p>`;
  $('.page').append(box);
  $('button', box).onclick = () => {
    closeLarger();
    $('[data-answer="larger"]', block.node)?.focus({ preventScroll: true });
  };
  box.addEventListener('cancel', () => closeLarger());
  const shelf = $('.shelf'),
    r = shelf.getBoundingClientRect();
  if (shelf.offsetParent && r.width >= ROOM[0] && r.height >= ROOM[1] && r.top >= 0 && r.bottom <= innerHeight) {
    Object.assign(box.style, {
      left: `${r.left}px`,
      top: `${r.top}px`,
      width: `${r.width}px`,
      height: `${r.height}px`,
    });
    box.classList.add('docked');
    box.show();
  } else box.showModal();
  $('button', box).focus({ preventScroll: true });
  drawLarger(block);
  ask(block);
}

// Euler's curve, a little at a time, as the other.
async function ask(block) {
  const { key } = block.row.dataset,
    mine = ++turn;
  if (!compares(key)) return;
  const values = Object.fromEntries(Object.entries(S.values).filter(([k]) => !k.startsWith('solver.'))),
    of = others(S.values, key);
  if (beside?.of !== of || beside.key !== key) beside = null;
  while (box && mine === turn) {
    const curve = await call('answer', { values: { ...values, solver: 'euler' }, setting: key, page: id });
    if (mine !== turn || !box || curve.problem || curve.stale) return;
    beside = { curve, of, key };
    drawLarger(block);
    if (!['draft', 'refining'].includes(curve.state)) return;
  }
}

/** As large as it now is.
 * @param {import('./block.js').Block} block */
export function drawLarger(block) {
  if (!box || !block.curve) return;
  const svg = $('svg', box),
    { key } = block.row.dataset,
    other = beside?.key === key && beside.of === others(S.values, key) ? beside.curve : null;
  $('.answer-of', box).textContent =
    `${block.curve.of ?? ''}, median and 95 %${other?.points.length ? '; dashed: Euler' : ''}`;
  $('.answer-words', box).innerHTML = `<b>${html(block.curve.lead)}</b> ${html(block.curve.rest)}`;
  const x = thumbAt(block.range),
    look = { width: svg.clientWidth, height: svg.clientHeight, thumb: 12, x, beside: other },
    drawn = drawing(trackOf(block.row), block.curve, look);
  svg.innerHTML = drawn?.html ?? '';
  svg.setAttribute('aria-label', `${block.curve.lead} ${block.curve.rest}`);
  if (drawn) moveTo(svg, drawn, x, S.values[key]);
}

/** Whether there was one to close. */
export function closeLarger() {
  if (!box) return false;
  box.remove();
  box = null;
  turn++;
  return true;
}
