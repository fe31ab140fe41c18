// The small drawings of the cards, 120 × 60, of the run on show at the cursor.

import { S, interp, lowest, stepAt } from '../state.js';

const W = 120,
  H = 60,
  EDGE = 8;

const svg = (inside) => `<svg viewBox="0 0 ${W} ${H}" aria-hidden="true">${inside}</svg>`;
const levels = () => S.parts.run.sigma.filter((s) => s > 0);
const across = (s) => {
  const g = S.parts.run.sigma,
    all = Math.log(g[0] / lowest()) || 1;
  return EDGE + ((W - 2 * EDGE) * Math.log(g[0] / Math.max(s, lowest()))) / all;
};
const cursor = () => `<path class="now" d="M${across(S.sigma ?? S.parts.run.sigma[0]).toFixed(1)} 4V56"/>`;

// The steps over ln σ, the one under the cursor strong.
function arcs() {
  const g = levels(),
    now = stepAt(S.sigma ?? g[0]);
  return g
    .slice(1)
    .map((s, i) => {
      const [a, b] = [across(g[i]), across(s)];
      return `<path class="${i === now ? 'strong' : 'line'}" d="M${a.toFixed(1)} 50Q${((a + b) / 2).toFixed(1)} ${
        50 - Math.min(84, 3 * (b - a))
      } ${b.toFixed(1)} 50"/>`;
    })
    .join('');
}

// What each step makes of the end error.
function bars() {
  const share = S.parts.error?.share ?? [],
    most = Math.max(...share, 1e-9),
    wide = (W - 2 * EDGE) / Math.max(share.length, 1),
    now = stepAt(S.sigma ?? S.parts.run.sigma[0]);
  return share
    .map((v, i) => {
      const h = (42 * v) / most,
        at = `x="${EDGE + i * wide}" y="${52 - h}" width="${0.75 * wide}" height="${h}"`;
      return `<rect class="${i === now ? 'full' : 'fill'}" ${at}/>`;
    })
    .join('');
}

// The main curve of a strip, on a log scale, with the cursor.
function curve(name) {
  const all = Object.assign({}, ...Object.values(S.parts).map((part) => part?.strips ?? {})),
    made = all[name] && Object.values(all[name])[0],
    main = made?.marks?.find((mark) => mark.main);
  if (!main?.x) return arcs();
  const ys = levels().map((s) => Math.log(Math.max(interp(main.x, main.y, s) ?? 0, 1e-9))),
    [low, high] = [Math.min(...ys), Math.max(...ys)];
  const points = levels().map(
    (s, i) => `${across(s).toFixed(1)},${(50 - (40 * (ys[i] - low)) / Math.max(high - low, 1e-9)).toFixed(1)}`,
  );
  return `<polyline class="strong" points="${points.join(' ')}"/>${cursor()}`;
}

// A ring of data under noise of the cursor's level.
function cloud() {
  const sigma = Math.min(S.sigma ?? 1, 3);
  return Array.from({ length: 40 }, (_, i) => {
    const a = i * 2.4,
      r = 6 + 5 * sigma * Math.abs(Math.sin(12.9898 * i)),
      [u, v] = [60 + (18 + r * Math.cos(7 * i)) * Math.cos(a), 30 + (12 + r * Math.sin(5 * i)) * Math.sin(a)];
    return `<circle class="full" cx="${u.toFixed(1)}" cy="${v.toFixed(1)}" r="1.5"/>`;
  }).join('');
}

// A state, its tangent, and D where that ends.
const tangent = () =>
  '<path class="line" d="M10 14C50 14 78 24 104 46"/><path class="dashed" d="M34 15.500 104 34"/>' +
  '<circle class="full" cx="34" cy="15.500" r="3"/><circle class="open" cx="104" cy="34" r="3.500"/>' +
  '<text x="30" y="31">x</text><text x="100" y="27">D</text>';

const DRAWN = { arcs, bars, cloud, tangent, curve };

/** @param {string} name arcs | bars | cloud | tangent | curve:strip */
export function drawing(name) {
  const [kind, of] = name.split(':');
  return svg(S.parts.run ? DRAWN[kind](of) : '');
}
