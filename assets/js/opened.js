// The headline opened: the end errors and the ratios of all paths that its numbers are made of.

import { $, S, log10 } from './state.js';

const W = 280,
  H = 20,
  EDGE = 6;

// A log axis around these values, from EDGE to W − EDGE.
function axis(values) {
  const seen = values.filter((v) => v > 0),
    [low, high] = [Math.min(...seen) / 1.1, Math.max(...seen) * 1.1],
    span = log10(high / low);
  return (v) => EDGE + ((W - 2 * EDGE) * log10(Math.max(v, low) / low)) / span;
}

const svg = (label, inside) =>
  `<svg viewBox="0 0 ${W} ${H}" preserveAspectRatio="xMinYMid" role="img" aria-label="${label}">` +
  `<path class="axis" d="M${EDGE} 12h${W - 2 * EDGE}"/>${inside}</svg>`;
const dot = (x, off) => `<circle class="${off ? 'off' : ''}" cx="${x.toFixed(1)}" cy="12" r="${off ? 2.5 : 1.6}"/>`;
const dots = (X, values, off) => values.map((v, i) => (v > 0 ? dot(X(v), off.has(i)) : '')).join('');
const range = (X, [low, middle, high]) =>
  (low > 0 && high > 0
    ? `<rect class="range" x="${X(low)}" y="5" width="${Math.max(2, X(high) - X(low))}" height="14" rx="3"/>`
    : '') + (middle > 0 ? `<path class="middle" d="M${X(middle)} 3v17"/>` : '');

function rows({ ends, far, range: spread, words, mean, ratios, ratio, ratio_words: said }) {
  const X = axis(ends),
    out = [[words[0], svg(words.join(', '), range(X, spread) + dots(X, ends, new Set(far))), words[1]]];
  if (ratios?.length) {
    const R = axis([...ratios, 1]);
    const one = `<path class="one" d="M${R(1)} 1v19"/><text x="${R(1) + 3}" y="8">1</text>`;
    out.push([said[0], svg(said.join(', '), range(R, ratio) + dots(R, ratios, new Set()) + one), said[1]]);
  }
  out.push(['mean, for comparison', mean, '']);
  return out
    .map(([name, picture, value]) => `<span>${name}</span><span>${picture}</span><span>${value}</span>`)
    .join('');
}

let drawn = null;
/** The panel over the stage's top, if the reader has opened it. */
export function drawOpened(state) {
  const panel = $('#opened'),
    shown = S.opened && ['settled', 'refining', 'draft', 'stale', 'offline'].includes(state);
  panel.hidden = !shown;
  $('#value').setAttribute('aria-expanded', String(Boolean(shown)));
  const made = S.parts.error?.opened ?? null;
  if (!shown || drawn === made) return;
  drawn = made;
  panel.innerHTML = made ? rows(made) : '<span>All paths are compared when the slider rests.</span>';
}
