// What a control's row grows: head, curve, ticks, words and links, as one child of the row.

import { $, S } from '../state.js';
import { specOf } from '../controls/spec.js';
import { text } from '../controls/sliders.js';
import { plain } from '../design/formula.js';
import { drawing, moveTo } from './curve.js';
import { named } from './place.js';

const HTML = `<span class="answer-of"></span>
  <div class="answer-curve"><p class="answer-wait"></p><svg role="img" aria-label="Not measured yet"></svg></div>
  <div class="answer-ticks" aria-hidden="true"></div>
  <p class="answer-words" aria-live="polite"></p>
  <div class="answer-foot"><button class="reset" type="button" data-answer="larger">Larger</button
    ><button class="reset" type="button" data-answer="table">Table</button
    ><button class="reset" type="button" data-answer="full" hidden></button
    ><button class="reset" type="button" data-answer="cancel" hidden>Cancel</button
    ><button class="reset" type="button" data-answer="close" aria-label="Close the curve">Close</button></div>`;

/** Words with their subscripts: σ_max, S_churn.
 * @param {string} words */
export const html = (words) => plain(words).replace(/([σSβCc])_([a-z0-9]+)/g, '$1<sub>$2</sub>');

/** A number's text of its own, and a slider: what can grow. */
export const rangeOf = (row) => $('input[type=range]', row);

/** Where the thumb is on its track, 0 to 1.
 * @param {HTMLInputElement} range */
export const thumbAt = (range) => (range.value - range.min) / (range.max - range.min || 1);

/** What the server says of a row's setting, with the ends of this slider: another list of time steps may have
 * others for the same key.
 * @param {HTMLElement} row */
export function trackOf(row) {
  const p = specOf(row.dataset.key),
    { min, max } = rangeOf(row);
  return p.log ? p : { ...p, track: [+min, +max] };
}

const thumbOf = (range) => parseFloat(getComputedStyle(range).getPropertyValue('--thumb')) || 12;

export class Block {
  drawn = null;
  curve = null;
  #size = null;

  constructor(row) {
    this.row = row;
    this.range = rangeOf(row);
    this.node = document.createElement('div');
    this.node.className = 'answer';
    this.node.innerHTML = HTML;
    row.append(this.node);
    row.classList.add('grown');
    this.svg = $('svg', this.node);
    this.#ticks();
    this.watcher = new ResizeObserver(() => {
      const size = `${this.range.clientWidth} ${this.svg.clientHeight}`;
      if (size !== this.#size) this.draw();
    });
    this.watcher.observe(this.range);
    this.watcher.observe(this.svg);
  }

  remove() {
    this.watcher.disconnect();
    this.node.remove();
    this.row.classList.remove('grown');
  }

  #ticks() {
    $('.answer-ticks', this.node).innerHTML = named(trackOf(this.row))
      .map(({ value, x }) => `<span style="--x: ${x.toFixed(4)}">${text(value)}</span>`)
      .join('');
  }

  /** What there is of a curve, newly come. */
  show(curve) {
    this.curve = curve;
    const node = this.node,
      absent = curve.problem || curve.state === 'absent';
    $('.answer-of', node).textContent = curve.of ?? '';
    $('.answer-words', node).innerHTML =
      `<b>${html(curve.lead ?? curve.problem)}</b> ${html(curve.rest ?? '')}${this.#far(curve)}`;
    this.row.classList.toggle('answer-none', Boolean(absent));
    $('.answer-wait', node).textContent = absent || curve.points?.length ? '' : 'The first points in about a second.';
    const offer = $('[data-answer="full"]', node);
    offer.hidden = !curve.fully;
    offer.textContent = curve.fully ?? '';
    $('[data-answer="cancel"]', node).hidden = curve.state !== 'draft';
    for (const name of ['larger', 'table']) $(`[data-answer="${name}"]`, node).hidden = !curve.points?.length;
    this.draw();
  }

  // How many paths there are, while more are on their way.
  #far({ state, paths }) {
    return state === 'refining' ? ` <span class="answer-far">${paths.now} of ${paths.all} paths so far.</span>` : '';
  }

  wait() {
    $('.answer-wait', this.node).textContent = 'The first points in about a second. Your samples go first.';
    this.row.classList.remove('answer-none');
  }

  /** Whether what is on show is of other settings than the controls. */
  stale(yes) {
    if (this.node.classList.contains('stale') === yes) return;
    this.node.classList.toggle('stale', yes);
    $('.answer-of', this.node).textContent = yes ? 'of former settings' : (this.curve?.of ?? '');
  }

  draw() {
    this.#size = `${this.range.clientWidth} ${this.svg.clientHeight}`;
    if (!this.curve?.points?.length) {
      this.svg.replaceChildren();
      this.drawn = null;
      return;
    }
    const look = {
      width: this.range.clientWidth,
      height: this.svg.clientHeight,
      thumb: thumbOf(this.range),
      x: thumbAt(this.range),
    };
    this.drawn = look.width && look.height ? drawing(trackOf(this.row), this.curve, look) : null;
    this.svg.innerHTML = this.drawn?.html ?? '';
    this.svg.setAttribute('aria-label', `End error along the slider. ${this.curve.lead} ${this.curve.rest}`);
    this.move();
  }

  /** The dot goes where the thumb is: nothing is asked, and nothing else is drawn. */
  move() {
    if (this.drawn) moveTo(this.svg, this.drawn, thumbAt(this.range), S.values[this.row.dataset.key]);
  }
}

/** What a key is called in a link: the end of it, where that is its own. */
export function called(key) {
  const short = key.split('.').pop(),
    same = Object.keys(S.values).filter((k) => k.split('.').pop() === short);
  return same.length > 1 ? key : short;
}
