// The figure of the Schedules page: rows, rulers, and one cursor through both.  Drawn anew when its
// facts or its size change; the cursor alone moves without that.

import { type } from '../theme.js';
import { nearest, axisOf } from './scale.js';
import { drawFlags } from './flags.js';
import { drawRows, TOP } from './rows.js';
import { drawRulers, readings, showCursor, written } from './rulers.js';
import { drawShift } from './shift.js';
import { RIM, line, rect, tag, words } from './svg.js';

const MOST = 6; // rows that stand without scrolling
const HATCH = tag(
  'pattern',
  { id: 'sch-hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
  line(0, 0, 0, 6, { stroke: 'var(--hatch)' }),
);

const ramp = (stops) =>
  tag(
    'linearGradient',
    { id: 'sch-ramp' },
    stops.map((c, i) => tag('stop', { offset: i / (stops.length - 1), 'stop-color': `rgb(${c})` })).join(''),
  );

// While presenting all of it is larger.
const sheet = (defs, svg, width, height) =>
  tag(
    'svg',
    { width: type(width), height: type(height), viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    tag('defs', {}, defs) + svg + tag('g', { class: 'cursor' }),
  );

/** One figure: `told` is the server's answer, `at` where the cursor is: {row, step, sigma}, σ only when
 * it is free of the steps. */
export class Figure {
  told = null;
  axis = null;
  at = { row: 0, step: 0, sigma: null };
  places = [];
  inks = [];
  #host;
  #stops;
  #bottom = 0;

  /** @param {{fig: HTMLElement, rows: HTMLElement, rulers: HTMLElement, slider: HTMLElement}} host
   * @param {() => number[][]} stops the colours of the σ scale */
  constructor(host, stops) {
    this.#host = host;
    this.#stops = stops;
  }

  /** @param {object} [told] */
  draw(told = this.told) {
    this.told = told;
    const { fig, rows, rulers } = this.#host,
      width = Math.floor((fig.clientWidth - 2 * parseFloat(getComputedStyle(fig).paddingLeft)) / type(1));
    if (!told || width < 120) return;
    this.axis = axisOf(told.axis, width);
    const drawn = drawRows(told, this.axis),
      under = drawRulers(told, this.axis),
      mine = told.rows.findIndex((r) => r.role === 'yours'),
      { levels } = told.rows[mine];
    Object.assign(this, { places: drawn.at, inks: drawn.inks });
    this.#bottom = drawn.height - 6;
    const more =
      this.#split(levels, drawn.at[mine]) +
      drawShift(told.shift, levels, drawn.at[mine], this.axis) +
      drawFlags(told.faults, levels, this.axis);
    rows.innerHTML = sheet(HATCH, drawn.svg + more, width, drawn.height);
    rows.style.maxHeight = told.rows.length > MOST ? `${type(TOP + MOST * drawn.at[0].height)}px` : '';
    rulers.innerHTML = sheet(ramp(this.#stops()), under.svg, width, under.height);
    this.at = { ...this.at, row: Math.min(this.at.row, told.rows.length - 1) };
    this.show();
  }

  #split(levels, { top, height }) {
    const { split } = this.told;
    if (split?.at == null) return '';
    const { gutter, look } = this.axis,
      x = this.axis.X(levels[split.at]),
      accent = { stroke: 'var(--accent)', 'stroke-width': 1.5, 'stroke-dasharray': '4 2' },
      said = `hand over: step ${split.at + 1}`,
      text = { fill: 'var(--accent)', 'font-weight': 600, ...RIM };
    return [
      rect(gutter, top + 1, x - gutter, height - 2, { fill: 'var(--accent)', opacity: 0.06 }),
      line(x, top - 4, x, top + height, accent),
      look === 'narrow' ? '' : words(x + 6, top === TOP && !this.told.faults.length ? top - 9 : top + 14, said, text),
    ].join('');
  }

  /** The row that the cursor goes along. */
  row() {
    return this.told.rows[this.at.row] ?? this.told.rows[0];
  }

  #sigma(place) {
    const { levels } = this.row();
    return place.sigma ?? levels[Math.min(place.step, levels.length - 1)];
  }

  /** The line through the rows, and the rulers; `peek` is a dashed look ahead.
   * @param {{step: number, sigma: number | null} | null} [peek] */
  show(peek = null) {
    if (!this.axis) return;
    const place = peek ?? this.at,
      sigma = this.#sigma(place),
      x = this.axis.X(sigma),
      values = readings(this.told, sigma, place.sigma == null ? this.row().read : null, place.step),
      said = values.map((v, k) => written(this.told.rulers[k].name, v));
    this.#line(x, peek);
    showCursor(this.#host.rulers.querySelector('svg'), x, said, sigma, this.axis);
    if (!peek) this.#speak(said);
  }

  #line(x, peek) {
    const now = this.axis.X(this.#sigma(this.at)),
      { row } = this.at,
      band = this.places[row];
    this.#host.rows.querySelector('.cursor').innerHTML = [
      row ? rect(0, band.top + 1, this.axis.width, band.height - 1, { fill: 'var(--accent)', opacity: 0.04 }) : '',
      peek ? line(now, TOP - 2, now, this.#bottom, { stroke: 'var(--ink)', opacity: 0.35 }) : '',
      line(x, TOP - 2, x, this.#bottom + 6, { stroke: 'var(--ink)', 'stroke-dasharray': peek ? '3 3' : null }),
    ].join('');
  }

  #speak(said) {
    const { slider } = this.#host,
      row = this.row(),
      last = Math.max(row.levels.length - 1, 0),
      { step, sigma } = this.at;
    const where = sigma != null ? 'between steps' : step === last ? 'the end' : `step ${step + 1} of ${last}`,
      rulers = this.told.rulers.map(({ short }, k) => `${short} ${said[k]}`);
    const told = { min: 1, max: last + 1, now: step + 1, text: `${row.label}, ${where}: ${rulers.join(', ')}` };
    for (const [name, value] of Object.entries(told)) slider.setAttribute(`aria-value${name}`, String(value));
  }

  /** Where a pixel points: at the nearest step of the row that is current, or anywhere when it is free.
   * @param {number} px @param {boolean} free */
  point(px, free) {
    return {
      ...this.at,
      step: nearest(this.row().levels, this.axis, px) ?? 0,
      sigma: free ? this.axis.inverse(px) : null,
    };
  }

  /** @param {Partial<{row: number, step: number, sigma: number | null}>} place */
  go(place) {
    this.at = { ...this.at, ...place };
    this.show();
  }

  sheets() {
    return [this.#host.rows, this.#host.rulers].map((part) => part.querySelector('svg'));
  }
}
