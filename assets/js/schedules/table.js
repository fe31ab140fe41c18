// The table of steps: a row of it is a step, the one under the cursor stands out.

import { number, percent } from '../numbers.js';
import { ofHead } from '../words/word.js';
import { written } from './rulers.js';

const OFF = 0.005; // timesteps: what is told and what would be exact differ by more

function four(v) {
  if (v === Infinity) return '∞';
  if (v >= 999.5) return v.toFixed(0);
  return v > 0 && v < 1e-4 ? number(v) : String(+v.toPrecision(4));
}

/** Δ ln σ of a step in words.
 * @param {number} a @param {number | undefined} b */
export function hop(a, b) {
  if (b == null || Number.isNaN(a) || Number.isNaN(b)) return '';
  if (a === Infinity) return 'from ∞';
  if (!(a > 0)) return '';
  return b > 0
    ? Math.log(a / b)
        .toFixed(2)
        .replace('-', '−')
    : '→ 0';
}

/** @param {object} row @param {number} at the step under the cursor */
export function steps(row, at) {
  const { told, read, shares } = row,
    differ = told?.some((t, i) => read.timestep[i] != null && Math.abs(t - read.timestep[i]) > OFF) ?? false,
    heads = ['i', 'σ', 't', differ ? 'timestep (exact)' : 'timestep', 'Δ ln σ', 'percent'];
  if (shares) heads.push('share of error');
  const head = heads.map((h) => `<th scope="col">${ofHead(h)}</th>`).join(''),
    body = row.levels.map((_, i) => one(row, i, differ, i === at)).join('');
  return `<table class="numbers"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

function one({ levels, told, read, shares }, i, differ, on) {
  const last = i === levels.length - 1 && !(levels[i] > 0),
    cells = [
      last ? 'end' : i + 1,
      four(levels[i]),
      written('time', read.time[i]),
      timestep(told, read.timestep[i], i, differ),
      hop(levels[i], levels[i + 1]),
      read.percent[i] == null ? '' : written('percent', read.percent[i]),
    ];
  if (shares) cells.push(shareOf(shares[i]));
  const mine = on ? ' class="on" aria-current="true"' : '';
  return `<tr data-step="${i}"${mine}>${cells.map((c) => `<td>${c}</td>`).join('')}</tr>`;
}

// What the tool tells its network, and beside it what would be exact.
function timestep(told, exact, i, differ) {
  if (!told) return exact == null ? '' : exact.toFixed(1);
  if (!(i in told)) return '';
  const beside = differ && exact != null ? `<span> (${exact.toFixed(2)})</span>` : '';
  return written('timestep', told[i]) + beside;
}

const shareOf = (v) => (v == null ? '' : `<i class="sch-bar" style="--w:${Math.round(90 * v)}px"></i>${percent(v)}`);

/** Move the mark to another step and bring it into sight.
 * @param {HTMLElement} box @param {number | null} at */
export function mark(box, at) {
  for (const tr of box.querySelectorAll('tr.on')) {
    tr.classList.remove('on');
    tr.removeAttribute('aria-current');
  }
  const tr = at == null ? null : box.querySelector(`tr[data-step="${at}"]`);
  if (!tr) return;
  tr.classList.add('on');
  tr.setAttribute('aria-current', 'true');
  if (box.scrollHeight > box.clientHeight + 4) box.scrollTop = tr.offsetTop - (box.clientHeight - tr.offsetHeight) / 2;
}
