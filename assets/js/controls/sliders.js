// A value as a slider's place and as text, and back.  A slider with `log` moves in equal factors.

import { clamp } from '../state.js';

const bounds = (p) => p.track ?? [p.low, p.high]; // the ends of its track, as the server says them

export function position(p, value) {
  const [low, high] = bounds(p);
  if (!p.log) return value;
  return value <= 0 ? 0 : 1000 * clamp(Math.log(value / low) / Math.log(high / low), 0, 1);
}
export function valueAt(p, position) {
  const [low, high] = bounds(p);
  if (!p.log) return p.integer ? Math.round(position) : +(+position).toPrecision(6);
  if (position <= 0) return p.low;
  const v = low * (high / low) ** (position / 1000);
  return p.integer ? Math.round(v) : +v.toPrecision(v > 1 ? 3 : 2);
}
export const text = (v) =>
  Array.isArray(v) ? v.join(', ') : v >= 1e6 ? '∞' : String(typeof v === 'number' ? +v.toPrecision(6) : v);
const ROOM = 6; // letters of a number that a field shows at its own size

/** A value in its field: smaller where it is long, and whole in the title where even that cannot show it. */
export function show(input, value) {
  input.value = text(value);
  if (input.matches('.left')) return; // a text, which has the width of its row
  const { length } = input.value;
  input.classList.toggle('long', length > ROOM);
  if (length > ROOM + 2) input.title = input.value;
  else input.removeAttribute('title');
}
function fill(range) {
  const part = (range.value - range.min) / (range.max - range.min || 1);
  range.style.setProperty('--p', `${100 * part}%`);
}
/** A slider at a value: its track is filled, and what is read aloud is the value, not the place on a log scale. */
export function speak(range, p, value) {
  fill(range);
  range.setAttribute('aria-valuetext', text(value));
}

// Text as a number where one is wanted; what is no number goes to the server, which says why not.
export function read(p, value) {
  if (p.kind === 'list') return value;
  if (p.kind === 'text') return value;
  const plain = value.trim().replace('∞', '1e9').replace(',', '.');
  return plain !== '' && Number.isFinite(+plain) ? +plain : value;
}
