// Eq. 8: what F must say of one sample at rising σ, and how much its error counts, column by column.

import { $$ } from '../state.js';
import { picture } from '../train/samples.js';
import { type } from '../theme.js';
import { cell } from './cell.js';
import { formula, plain } from './formula.js';

const EQ_8 = 'E_{σ,y,n} [ λ c_{out}² ‖ F(c_{in} (y + n); c_{noise}) − (y − c_{skip} (y + n))/c_{out} ‖² ]';

/** @param {any} told @param {number} width @returns {{title: string, note: string, html: string}} */
export function target({ target: t }, width) {
  const head = t.sigma.map((s) => `<th scope="col">σ = ${s}</th>`).join('');
  const seen = t.seen
    ? `<tr><th scope="row">y + n<small>what is to be denoised</small></th>${t.sigma
        .map((_, i) => `<td><canvas data-picture="seen" data-at="${i}" role="img" aria-label="y + n"></canvas></td>`)
        .join('')}</tr>`
    : '';
  const rows = t.rows
    .map((r, k) => {
      const cells = r.parts.map(
        (p, i) => `<td>${shown(t, k, i)}<span>${plain(p)}</span><small>RMS ${r.size[i]}</small></td>`,
      );
      return `<tr><th scope="row">${plain(r.label)}<small>${plain(r.about)}</small></th>${cells.join('')}</tr>`;
    })
    .join('');
  const w = (width < 720 ? Math.max(220, width - 24) : Math.max(170, width / 5 - 24)) / type(1),
    weights = [0.5 * Math.min(...all(t, 'weight')), 2],
    spent = [0, 1.08 * Math.max(...all(t, 'spent'))];
  const curves = t.rows
    .map(
      (r) =>
        `<figure><figcaption>${plain(r.label)}</figcaption><span>${formula('λ c_{out}²')}</span>` +
        small(t, r, 'weight', weights, true, w) +
        `<span>${formula('p_{train} λ c_{out}²')}, per unit of ln σ</span>` +
        `${small(t, r, 'spent', spent, false, w)}</figure>`,
    )
    .join('');
  return {
    title: t.title,
    note: t.note,
    html:
      `<p class="eq">${formula(EQ_8)}, EDM Eq. 8</p>` +
      `<h2>How much an error of F counts</h2><div class="weights">${curves}</div>` +
      `<h2>What F must say of one sample of ${plain(t.label)}</h2>` +
      `<p>${t.shape ? 'Middle grey is 0, the ends are −2.4 and 2.4. ' : 'For pictures choose image data. '}` +
      'n = σ ε, the same ε everywhere; RMS over 256 samples.</p>' +
      '<div class="wide"><table class="targets" ' +
      `style="--n: ${t.sigma.length}"><thead><tr><td></td>` +
      `${head}</tr></thead><tbody>${seen}${rows}</tbody></table></div>`,
  };
}

const shown = (t, k, i) =>
  t.shape
    ? `<canvas data-picture="${k}" data-at="${i}" role="img" ` +
      `aria-label="Target of ${plain(t.rows[k].label)} at σ = ${t.sigma[i]}"></canvas>`
    : '';

const all = (t, what) => t.rows.flatMap((r) => r[what]);

function small(t, r, what, range, log, w) {
  const look = { axis: 'sigma', log, range, w: Math.round(w), h: 92, label: `${what} of ${plain(r.label)}` };
  return cell([{ x: t.levels, y: r[what] }], look);
}

/** The pictures of what `target` has written. @param {Element} body @param {any} t */
export function paint(body, t) {
  if (!t.shape) return;
  const [C, H, W] = t.shape,
    strips = {};
  for (const canvas of $$('canvas', body)) {
    const { picture: which, at } = canvas.dataset;
    strips[which] ??= picture(which === 'seen' ? t.seen : t.rows[which].picture, t.sigma.length, { C, H, W });
    canvas.width = W;
    canvas.height = H;
    canvas.getContext('2d').drawImage(strips[which], 0, at * H, W, H, 0, 0, W, H);
  }
}
