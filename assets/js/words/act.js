// “Show me” of a card: what it does on the live page.

import { $, S, highest, lowest, set } from '../state.js';
import { rowOf, unfold } from '../controls/rows.js';
import { go, play, worstLevel } from '../cursor.js';
import { awayShown } from '../stage/away.js';

const PLACES = { first: highest, last: lowest, worst: worstLevel };
const looked = () => document.dispatchEvent(new CustomEvent('view'));

const ACTS = {
  go: (where) => go(PLACES[where]()),
  play: () => {
    go(highest());
    play(true);
  },
  layer: (name) => {
    const there = Boolean($(`.key [data-show=${name}]`));
    if (!there) ACTS.what('x'); // what is denoised has other layers, and so has the strip of pictures
    if (!there && S.view === 'strip') set({ view: 'fit' });
    set({ show: { ...S.show, [name]: !there || !S.show[name] } });
  },
  what: (name) => {
    set({ what: name });
    $(`#what input[value=${name}]`).checked = true;
  },
  mini: (name) => {
    set({ mini: name });
    $('#corner input[value=plane]').click(); // where the shelf is one of the stage's tabs
  },
  apart: (on) => set({ apart: on }),
  away: (on) => set({ away: on }),
};

// Where to look then; it is marked for a moment.
const SEEN = {
  go: () => '.scrub .now',
  play: () => '.scrub .now',
  layer: (name) => `.key [data-show=${name}]`,
  what: () => '#what',
  mini: () => '.mini',
  apart: () => '#apart',
  away: () => '#chips',
};
const MARKED = 1600; // ms

function point(there) {
  if (!there) return;
  there.scrollIntoView({ block: 'nearest' });
  there.classList.add('pointed');
  setTimeout(() => there.classList.remove('pointed'), MARKED);
}

/** Why the view on show has nothing of the kind; empty where it has. @param {object} show of a word */
export const why = (show) =>
  show.away && !awayShown() ? 'Of the samples on show none is known to end elsewhere.' : '';

/** @param {object} show of a word @param {(page: string) => void} open */
export function act(show, open) {
  if (show.page) return open(show.page);
  open('explore');
  for (const [key, value] of Object.entries(show)) ACTS[key]?.(value);
  looked();
  for (const [key, value] of Object.entries(show)) if (SEEN[key]) point($(SEEN[key](value)));
}

/** The settings that a card has just changed, in sight and marked. @param {Record<string, unknown>} values */
export function marks(values) {
  for (const row of Object.keys(values).map(rowOf)) {
    if (row) unfold(row);
    point(row);
  }
}
