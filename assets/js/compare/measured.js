// What a view of Compare measures: begun, drawn while it comes, and kept for Undo and for whoever comes back to it.

import { job } from '../job.js';
import { asked as onEngine } from './engines.js';

const KEPT = 12; // results of a view
const BEGINS = 'starting …';

/** A view's measurement: begun by `begin`, ended by `cancel`; whatever came stays.
 *
 * The view gives: `part` of the news, without which there is nothing to draw; `asks()`, what is asked now, as text;
 * `request()`, the same for the server; `draw(anew)` for another state, with `anew` false where nothing but the time
 * has changed; `refuse(problem)`, what was in the way, null at a new beginning; `far(words, share)`, how far it is;
 * `unit` of what is counted; and for tests `line`, as in `job`. */
export class Measured {
  shown = null; // the newest news that can be drawn
  of = ''; // what it answers
  busy = false;
  asked = ''; // what is measured, or was at last
  took = null; // ms, of one that came to its end
  cancelled = false;
  #results = new Map();

  /** @param {any} view */
  constructor({ line = {}, unit = 'cells', far = () => {}, ...view }) {
    this.view = { ...view, unit, far };
    this.work = job({ pause: 180, ...line });
  }

  /** Something else is asked for than what is on show. */
  get old() {
    return Boolean(this.shown) && this.of !== this.view.asks();
  }

  cancel = () => {
    this.cancelled = true;
    this.work.cancel();
  };

  async begin() {
    const { part, asks, request, draw, refuse, far } = this.view,
      mine = asks(),
      began = performance.now();
    Object.assign(this, { busy: true, asked: mine, took: null, cancelled: false });
    refuse(null);
    far(BEGINS, 0);
    draw(true);
    const news = await this.work.run(
      onEngine(request()),
      (now) => this.#heard(now, mine),
      () => draw(true),
    );
    if (!news) return; // a newer one has taken its place
    this.busy = false;
    if (news[part]) this.#heard(news, mine);
    if (news.problem) refuse(news.problem);
    else this.took = performance.now() - began;
    draw(true);
  }

  #heard(news, mine) {
    const { part, draw, far, unit } = this.view;
    if (!news[part]) return far(news.waiting ?? BEGINS, 0);
    far(news.waiting ?? `${news.count} of ${news.total} ${unit}`, news.count / Math.max(1, news.total));
    const anew = this.shown?.count !== news.count || this.of !== mine;
    this.#results.set(mine, news);
    if (this.#results.size > KEPT) this.#results.delete(this.#results.keys().next().value);
    [this.shown, this.of] = [news, mine];
    draw(anew);
  }

  /** Puts what was measured of what is asked now on show.
   * @returns {boolean} whether there is any */
  back() {
    const asked = this.view.asks(),
      known = this.#results.get(asked);
    if (known) [this.shown, this.of] = [known, asked];
    return Boolean(known);
  }
}

/** The line of words and a bar in a view of its own name, hidden while nothing is measured.
 * @param {string} name */
export const progress = (name) =>
  `<div class="sweeping" role="status" id="${name}-progress" hidden>` +
  '<progress max="1" value="0" aria-label="How far it is"></progress><span></span></div>';
