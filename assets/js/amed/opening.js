// The AMED page as it opens: what the shipped predictors come to at the page's budget, of the record.

import { back, call } from '../net.js';
import { $, S } from '../state.js';
import { number } from '../numbers.js';
import { plot } from '../draw/figure.js';
import { T } from '../theme.js';
import { nfe, request } from './form.js';
import { table } from './show.js';

let asked = 0;
export const opening = { news: null };

/** Asks for the record at the form's student and budget; `then` draws. */
export async function ask(then) {
  const mine = ++asked;
  const news = await call('amed_shipped', request(), 3);
  if (mine !== asked) return;
  if (news.gone) return back(3000).then(() => mine === asked && ask(then));
  opening.news = news.problem ? { why: news.problem } : news;
  then();
}

/** The view that samples with the shipped predictor, or { problem }. */
export const view = () => call('amed_shipped', { ...request(), open: opening.news.predictor }, 2);

/** The rows of the record, and what its predictor chooses; nothing of them where nothing is recorded. */
export function drawOpening() {
  const found = opening.news?.figure ? opening.news : null;
  $('#amed-ends').hidden = $('#amed-chosen').hidden = !found;
  if (!found) return;
  $('#amed-ends-nfe').textContent = nfe();
  $('#amed-ends').style.setProperty('--rows', found.figure.layout.yaxis.range[1]);
  plot('#fig-amed-ends', found.figure, '', narrow);
  table('#amed-ends', found);
  table('#amed-chosen', found.chooses);
  arcs(found.chooses);
}

// On a small screen the ratios stand in the table below alone.
function narrow(layout) {
  if (layout.width > 520) return layout;
  const kept = (layout.annotations ?? []).filter((a) => !(a.xanchor === 'right' && a.xshift > 100));
  return { ...layout, margin: { ...layout.margin, r: 52, l: 160 }, annotations: kept.map(nearer) };
}
const nearer = (a) => (a.x === 0 ? { ...a, xshift: -158, font: { ...a.font, size: 11 } } : a);

const SVG = 'http://www.w3.org/2000/svg';
function put(svg, kind, given, text) {
  const el = document.createElementNS(SVG, kind);
  for (const [k, v] of Object.entries(given)) el.setAttribute(k, v);
  if (text != null) el.textContent = text;
  svg.append(el);
}

// The steps as arcs over the axis of σ; a tick where each looks: σ′ = σ^(1 − r) σ_next^r.
function arcs({ levels, r }) {
  const svg = $('#amed-arcs'),
    { clientWidth: w, clientHeight: h } = svg;
  svg.replaceChildren();
  if (!w || h < 60) return;
  const [a, b] = [Math.log(levels[0]), Math.log(levels.at(-1))],
    x = (s) => 22 + ((a - Math.log(s)) / (a - b)) * (w - 50),
    base = h - 34;
  svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
  put(svg, 'line', { x1: 8, x2: w - 8, y1: base, y2: base, stroke: T.ink3 });
  let said = -Infinity;
  levels.slice(0, -1).forEach((s, n) => {
    const [x0, x1] = [x(s), x(levels[n + 1])],
      look = s * (levels[n + 1] / s) ** r[n];
    const top = base - Math.min(base - 18, (x1 - x0) * 0.6);
    const d = `M${x0} ${base} Q${(x0 + x1) / 2} ${2 * top - base} ${x1} ${base}`;
    put(svg, 'path', { d, fill: 'none', stroke: T.learned, 'stroke-width': 1.5 });
    put(svg, 'line', { x1: x(look), x2: x(look), y1: base - 7, y2: base + 7, stroke: T.learned, 'stroke-width': 3 });
    const text = `${n ? '' : 'looks at '}${number(look)}`,
      at = Math.max(x(look) + 6, said);
    put(svg, 'text', { x: at, y: base - 9, fill: T.learnedtext, 'font-size': 11, 'font-weight': 600 }, text);
    said = at + 6.4 * text.length + 6;
  });
  levels.forEach((s, n) => {
    put(svg, 'circle', { cx: x(s), cy: base, r: 4, fill: T.ink2 });
    const end = n === levels.length - 1;
    put(
      svg,
      'text',
      { x: x(s), y: base + 22, fill: T.ink3, 'font-size': 11, 'text-anchor': n ? (end ? 'end' : 'middle') : 'start' },
      number(s),
    );
  });
}

/** How long a training of the form would take, as far as the record tells. */
export function lasts(how) {
  const { took, same } = opening.news ?? {},
    away = 'You may go to other pages; it ends when no tab of this page is left open.';
  if (!same || !took?.seconds || !(+how.paths > 0)) return `How long it takes is told once it runs. ${away}`;
  const minutes = (took.seconds * how.paths * how.rounds) / (took.paths * took.rounds) / 60;
  return `About ${number(Math.max(1, Math.round(minutes)))} minutes at the pace of the shipped one. ${away}`;
}

/** Whether a training that is shown is another than the form asks for now. */
export const mark = () =>
  JSON.stringify([
    request().student,
    nfe(),
    Object.entries(S.values)
      .filter(([k]) => /^(data|model)/.test(k))
      .sort(),
  ]);
