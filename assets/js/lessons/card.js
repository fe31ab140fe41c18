// The card of a step, as HTML: the server has made its sentences safe and put the numbers in.

import { S } from '../state.js';
import { plain } from '../design/formula.js';
import { percent, short } from '../numbers.js';

// A draft's is written as such already.
const written = (value) => (typeof value === 'number' ? short(value) : plain(value));

// Read from the run on show, never from the record.
const LIVE = {
  end: ({ finding }) => finding?.value && `median end error <b>${written(finding.value)}</b>`,
  hot: ({ share }) => share?.length && `the largest step makes <b>${percent(Math.max(...share))}</b>`,
};
export function liveWords(what) {
  const said = S.parts.error && LIVE[what]?.(S.parts.error);
  return said ? `On show: ${said}` : '';
}

const task = (kind, number, word, text) =>
  text ? `<li class="${kind}"><i class="disk">${number}</i><span><b>${word}</b> ${text}</span></li>` : '';

const ACTS = 'data-lesson';

/** @param {any} lesson @param {number} at from 1 @param {boolean} plays whether the scenes go on by themselves
 * @param {boolean} [stays] whether the lesson stays on show after its last step */
export function card(lesson, at, plays, stays = false) {
  const step = lesson.steps[at - 1],
    count = lesson.steps.length,
    dashes = lesson.steps.map((_, i) => `<i${i < at ? ' class="seen"' : ''}${i === at - 1 ? ' data-now' : ''}></i>`),
    last = at === count,
    ended = last && stays ? ' disabled' : '',
    claims = step.claims.map((name) => `<a href="?tab=claims&amp;claim=${encodeURIComponent(name)}">measured</a>`);
  return `<header><h2 tabindex="-1">${plain(lesson.title)}</h2><span class="src">${plain(lesson.source)}</span>
    <span class="dashes" aria-hidden="true">${dashes.join('')}</span><span class="of">${at} of ${count}</span>
    <button class="icon" type="button" ${ACTS}="close" aria-label="Close the lesson">×</button></header>
  <div class="said"><p class="claim${step.stands ? '' : ' turned'}" role="status">${step.claim}</p>
    <ol class="tasks">${task('do', 1, 'Do.', step.do)}${task('look', 2, 'Look.', step.look)}</ol></div>
  <div class="foot"><button class="ghost" type="button" ${ACTS}="back"${at > 1 ? '' : ' disabled'}>Back</button>
    <button class="ghost run" type="button" ${ACTS}="next"${ended}>${last ? 'Done' : 'Next'}</button>
    ${step.scene ? `<button class="ghost" type="button" ${ACTS}="plays">${plays ? 'Pause' : 'Play on'}</button>` : ''}
    <span class="live"></span>${claims[0] ? `<span class="src">${claims[0]}</span>` : ''}
    <button class="ghost try" type="button" ${ACTS}="try">${lesson.first ? 'Skip' : 'Try it yourself'}</button></div>`;
}
