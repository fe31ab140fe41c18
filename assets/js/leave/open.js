// A run card that is dropped or pasted: its view is opened, and what differs here from what it says; of a study's
// card the study, with the card's numbers.

import { $, $$ } from '../state.js';
import { call, newest } from '../net.js';
import { escaped } from '../schedules/svg.js';
import { visit } from '../gestures/places.js';

/** Whether a text is a run card, of a view or of a study. @param {string} text */
export const isCard = (text) => /^\s*\{\s*"format":\s*"explorer-(study-)?card"/.test(text.slice(0, 400));

const opened = newest((text) => call('card_open', { text }));

/** Makes the run of a card again on the server, opens it, and says what came of it.
 * @param {string} text @param {(sentence: string | null) => void} problem */
export async function openCard(text, problem) {
  problem(null);
  say([/"explorer-study/.test(text.slice(0, 400)) ? 'The card is read …' : 'The card’s run is made again …']);
  const answer = await opened(text);
  if (!answer) return; // another card was dropped meanwhile
  if (answer.problem || answer.stale) {
    say([]);
    return problem(answer.problem ?? 'The settings moved on; open the card again.');
  }
  if (answer.study) {
    say([]);
    document.dispatchEvent(new CustomEvent('study-card', { detail: answer.study }));
    return;
  }
  await visit(answer.query);
  say(answer.said);
}

// Beside the stage, until it is put away or another card is opened.
function say([first, ...others]) {
  const box = $('#card-said');
  box.hidden = !first;
  if (!first) return;
  const list = others.map((line) => `<li>${escaped(line)}</li>`).join(''),
    more = list && `<details><summary>What differs: ${others.length}</summary><ul>${list}</ul></details>`;
  box.innerHTML =
    `<span>${escaped(first)}${more}</span>` + '<button type="button" class="icon" aria-label="Dismiss">×</button>';
  $$('button', box)[0].onclick = () => say([]);
}
