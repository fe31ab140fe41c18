// The card of a study that was dropped or pasted: its numbers stand over the study that its link opens, until they
// are put away.  The server has read it; nothing of it is run, and its link is a choice of Compare's like any other.

import { number } from '../numbers.js';
import { $ } from '../state.js';
import { visit } from '../gestures/places.js';
import { escaped } from '../schedules/svg.js';

const LINES = 200; // of its table that are drawn

/** @param {any} line see app.js @param {string[]} keys of Compare in a link
 * @param {(kind: string) => boolean} knows whether Compare has such a study */
export function init(line, keys, knows) {
  document.addEventListener('study-card', ({ detail: study }) => {
    if (!knows(study.kind))
      line.problem(`This card is of a study that Compare does not have: “${study.kind.slice(0, 40)}”.`);
    else if (visit(queryOf(study, keys))) show(study); // what it asks is measured as a link's
  });
}

/** The query that opens a study: the settings as the server has checked them, and of the card's own link only what
 * Compare reads.  @param {{query: string, link: string, kind: string}} study @param {string[]} keys of Compare */
function queryOf({ query, link, kind }, keys) {
  const params = new URLSearchParams(query),
    own = new URLSearchParams(link.replace(/^[^?]*\?/, ''));
  for (const key of keys) if (own.has(key)) params.set(key, own.get(key));
  params.set('tab', 'compare');
  params.set('compare', kind);
  return params.toString();
}

/** Shows the numbers of a card. @param {any} study as the server has read it, or null to put it away */
export function show(study) {
  const box = $('#compare-card');
  box.hidden = !study;
  box.innerHTML = study ? html(study) : '';
  if (study) $('button', box).onclick = () => show(null);
}

function html({ question, sentence, table, said }) {
  const differs = said.map((line) => `<li>${escaped(line)}</li>`).join('');
  return (
    '<header><h2>Of a card</h2><button type="button" class="icon" aria-label="Put the card away">×</button></header>' +
    `<p><b>${escaped(question)}</b> ${escaped(sentence)}</p>` +
    '<p class="small">These numbers are the card’s; what is measured here stands below.</p>' +
    (differs ? `<details><summary>What is other here: ${said.length}</summary><ul>${differs}</ul></details>` : '') +
    (table ? tableOf(table) : '<p>The card holds no table.</p>')
  );
}

function tableOf({ columns, rows }) {
  const cell = (v) =>
    typeof v === 'number' ? `<td title="${v}">${number(v)}</td>` : `<td class="word">${escaped(v ?? '–')}</td>`;
  const lines = rows.slice(0, LINES).map((row) => `<tr>${row.map(cell).join('')}</tr>`),
    more = rows.length > LINES ? `<p>And ${rows.length - LINES} lines more, in its file.</p>` : '';
  return (
    `<details open><summary>Its table, ${rows.length} lines</summary>` +
    '<div class="scroll" tabindex="0" role="region" aria-label="The table of the card"><table class="numbers">' +
    `<thead><tr>${columns.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')}</tr></thead>` +
    `<tbody>${lines.join('')}</tbody></table></div>${more}</details>`
  );
}
