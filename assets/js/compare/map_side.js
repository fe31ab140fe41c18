// Beside a map: how far the study is, and what can be said.

import { escaped } from '../schedules/svg.js';
import { duration } from '../numbers.js';

const button = (name, text, extra = '') =>
  `<button type="button" class="ghost" ${extra || `data-act="${name}"`}>${escaped(text)}</button>`;

/** Cells done, in hand and left; what happens with those that are there.
 * @param {HTMLElement} box @param {any} shown the news @param {any} state of the job */
export function drawRun(box, { map, alone }, state) {
  const total = map.cells.length,
    done = map.cells.filter((c) => c.value || c.why).length,
    failed = map.cells.filter((c) => c.why).length;
  if (map.whole && !state.busy) {
    box.innerHTML = '';
    return;
  }
  const hand = state.busy && map.next ? Math.min(map.hands, total - done) : 0,
    left = total - done - hand;
  const time = state.busy ? (map.left == null ? '' : `about ${duration(Math.max(map.left, 0.1))} left`) : 'stopped';
  const facts = state.busy
    ? `${done} done, ${hand} in hand, ${left} left; the time is that of the last 20 cells. ` +
      'Cancel keeps what is there, Resume goes on with the rest.'
    : `${done} done, ${total - done} left. Nothing is estimated from neighbours; hollow cells were not reached.`;
  box.innerHTML =
    `<h2>${done} of ${total} cells <span>${time}</span></h2>` +
    `<progress max="${total}" value="${done}" aria-label="Cells done"></progress>` +
    `<p>${facts}${failed ? ` ${failed} have no value.` : ''}${state.busy && alone ? ` ${alone}` : ''}</p>` +
    (state.busy ? button('cancel', `Cancel, keep ${done}`) : button('resume', `Resume, ${total - done} left`));
}

/** At most five statements, each with its interval.
 * @param {HTMLElement} box @param {any} shown @param {any} state */
export function drawSaid(box, { said, map, exact }, state) {
  const offer = (one, k) => {
    if (one.values) return button('', `Add ${one.values.join(', ')}`, `data-extend="${k}"`);
    return one.kind === 'level' && !state.busy ? button('seeds', 'Twice the seeds') : '';
  };
  const rows = said.map(
    (one, k) =>
      `<li class="said-${one.kind}"><b>${escaped(one.head)}</b> ` +
      `${escaped(one.text)} ${state.busy ? '' : offer(one, k)}</li>`,
  );
  const none = map.sure
    ? 'Nothing yet: a ratio needs an interval, from six paths or seeds on.'
    : 'The worst path of a cell has no interval, so no cell is ranked.';
  const copy = exact ? button('copy', 'Copy table') : '';
  const head = map.whole ? 'What can be said' : 'So far';
  box.innerHTML = `<h2>${head}</h2>${rows.length ? `<ul>${rows.join('')}</ul>` : `<p>${none}</p>`}${copy}`;
}
