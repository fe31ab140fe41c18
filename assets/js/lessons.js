// Lessons: prepared views, each a link with one sentence on what to look at.  A lesson is a file of
// assets/lessons, and the server sends them all.

import { $ } from './state.js';
import { showPop } from './help.js';
import { recall, remember } from './remember.js';

const card = ({ title, view, text, source, claim }) =>
  `<a class="card" href="?${view}"><b>${title}</b><span>${text}</span><span class="src">${source}</span></a>` +
  (claim ? `<a class="claimed" href="?tab=claims&amp;claim=${claim}">The claim, and whether it holds here</a>` : '');

/** The menu of lessons.
 * @param {{title: string, view: string, text: string, source: string, claim: string}[]} lessons */
export function initLessons(lessons) {
  const button = $('#lessons');
  button.classList.toggle('fresh', !recall('lessons'));
  button.onclick = () => {
    remember('lessons', 'opened');
    button.classList.remove('fresh');
    showPop(button, `<h3>Lessons</h3><div class="cards">${lessons.map(card).join('')}</div>`);
  };
}
