// How the strips' numbers are written.

import { number, percent, short } from '../numbers.js';

/** How a number is written, by the name that the server gives. */
export const WRITTEN = {
  text: String,
  number,
  short,
  percent,
  fixed2: (v) => v.toFixed(2),
  fixed3: (v) => v.toFixed(3),
  percent1: (v) => `${(100 * v).toFixed(v < 0.001 ? 2 : 1)} %`,
};

/** A cell of a table: a number in its writing, words as they are, – for nothing. */
export const cell = (value, as) => (value == null ? '–' : typeof value === 'string' ? value : WRITTEN[as](value));
