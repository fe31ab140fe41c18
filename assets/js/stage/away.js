// The samples that end elsewhere, when the reader wants to see them: in red, and all others faint.

import { S } from '../state.js';

export const FAINT = 0.25; // of the others

const strayed = () => S.parts.error?.finding?.chips.find(({ kind }) => kind === 'away')?.samples ?? [];

// Where each sample stands among those on show; a line shows some of them, in another order.
function places() {
  const { shown, count } = S.parts.run;
  return strayed()
    .map((k) => (shown ? shown.indexOf(k) : k))
    .filter((k) => k >= 0 && k < count);
}

/** Whether any of them is on show. */
export const awayShown = () => places().length > 0;

/** Which of the samples on show end elsewhere, or null while nobody asks. */
export function away() {
  const found = S.away ? places() : [];
  return found.length ? new Set(found) : null;
}
