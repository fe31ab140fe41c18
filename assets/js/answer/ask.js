// The curve of one setting, asked for while the page rests: a little at a time, until it is whole.  Whatever the
// reader does comes first; the server gives up what it was at, and keeps what it had.

import { S } from '../state.js';
import { id } from '../answers.js';
import { call } from '../net.js';

const REST = Math.min(300, window.explorerRest ?? 300), // ms without a change before it is asked for
  LOOK = 100, // ms between two looks whether the page rests
  MORE = 10; // ms between two questions of one curve

/** All settings but one, as text: what a curve hangs on.
 * @param {Record<string, any>} values @param {string} key */
export const others = (values, key) => JSON.stringify(Object.entries(values).filter(([k]) => k !== key));

const quiet = () => {
  const { asking, resting } = document.body.dataset;
  return !asking && !resting && !S.late && !S.gone && !document.hidden && S.page === 'explore';
};

/** Who asks for the curve of `key()`, null for none; `hear(curve, others, value)` of each answer. */
export class Asker {
  #key;
  #hear;
  #timer = null;
  #turn = 0;
  full = false; // measure also what takes minutes

  constructor(key, hear) {
    this.#key = key;
    this.#hear = hear;
  }

  /** Something has changed: ask when the page rests. */
  soon(ms = REST) {
    clearTimeout(this.#timer);
    this.#turn++;
    if (this.#key()) this.#timer = setTimeout(() => this.#ask(), ms);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#turn++;
  }

  async #ask() {
    const key = this.#key();
    if (!key) return;
    if (!quiet()) return this.soon(LOOK);
    const turn = ++this.#turn,
      values = { ...S.values };
    const curve = await call('answer', { values, setting: key, page: id, full: this.full });
    if (turn !== this.#turn || key !== this.#key()) return;
    if (curve.stale || curve.gone) return this.soon();
    this.#hear(curve, others(values, key), values[key]);
    if (['draft', 'refining'].includes(curve.state)) this.soon(MORE);
  }
}
