// The one cursor: scrubber, play, single steps, the table of steps.  Nothing here asks the server.

import { $, $$, S, clamp, highest, lowest, percent, sig3, small, stepAt, three } from './state.js';
import { sizeOf } from './canvas.js';
import { T } from './theme.js';

const PLAY_MS = 6000;                  // from σ_max to the data
let paint = () => {};
let row = -1;

const fraction = (s) => Math.log(highest() / clamp(s, lowest(), highest())) / Math.log(highest() / lowest());
const level = (f) => highest() * (lowest() / highest()) ** f;

export function go(s) {
  S.sigma = clamp(s, lowest(), highest());
  paint();
}

export function drawScrubber() {
  const track = $('#track'), { sigma, colour } = S.parts.run, hot = S.parts.error?.hot ?? [];
  $$('.tick, .num', track).forEach((n) => n.remove());
  const left = (s) => `calc(8px + ${fraction(s)} * (100% - 16px))`;
  const levels = sigma.filter((s) => s > 0);
  if (levels.length <= 128) levels.forEach((s, i) => {
    const tick = document.createElement('div');
    tick.className = `tick${hot.includes(i) ? ' hot' : ''}`;
    tick.style.left = left(s);
    if (hot.includes(i)) tick.style.background = T.swap.get(colour) ?? T.onestep;
    track.append(tick);
  });
  const decades = [1000, 100, 10, 1, 0.1, 0.01, 0.001].filter((s) => s < highest() / 1.8 && s > lowest() * 1.8);
  for (const s of [highest(), ...decades]) {
    const num = document.createElement('div');
    num.className = 'num';
    num.style.left = left(s);
    num.textContent = sig3(s);
    track.append(num);
  }
}

export function drawTable() {
  const { run, error } = S.parts, g = run.sigma, most = Math.max(...(error?.share ?? [1]));
  $('#rows').innerHTML = g.slice(0, -1).map((s, i) => {
    const next = g[i + 1], local = error?.local?.[i], share = error?.share?.[i];
    const bar = share == null ? '–' : `<span class="bar" style="--w:${share / most}">${percent(share)}</span>`;
    return `<tr data-i="${i}" tabindex="-1"><td>${i + 1}</td><td>${sig3(s)}</td><td>${sig3(s - next)}</td><td>${next > 0 ? Math.log(s / next).toFixed(2) : '→ 0'}</td><td>${small(local)}</td><td>${bar}</td></tr>`;
  }).join('');
  $('#steps-note').textContent = error?.measured ? 'share of the end error' : '';
  $('#steps-note').title = error?.measured ? `How far the end moves when that step alone is replaced by the true one, on ${error.measured} paths` : '';
  row = -1;
}

export function paintCursor() {
  const { run } = S.parts, f = fraction(S.sigma), j = stepAt(S.sigma), n = run.hat.length, scrub = $('#scrub');
  $('#thumb').style.left = `calc(8px + ${f} * (100% - 16px))`;
  scrub.value = 1000 * f;
  for (const slider of [scrub, $('#hit')]) slider.setAttribute('aria-valuetext', `σ = ${sig3(S.sigma)}, step ${j + 1} of ${n}`);
  $('#hit').setAttribute('aria-valuenow', Math.round(1000 * f));
  $('#now-sigma').textContent = `σ = ${three(S.sigma)}`;
  $('#now-step').textContent = `step ${j + 1}`;
  $('#now-of').textContent = ` of ${n}`;
  if (row === j) return;
  row = j;
  const rows = $('#rows').children, box = $('#scroll');
  for (const r of rows) r.removeAttribute('aria-current');
  rows[j]?.setAttribute('aria-current', 'true');
  const top = Math.max(0, 20 * Math.round((20 * j - (sizeOf(box).h - 40) / 2) / 20));
  requestAnimationFrame(() => { box.scrollTop = top; });   // when the page is laid out anyway
}

export function play(on) {
  S.playing = on;
  $('#play').setAttribute('aria-label', on ? 'Pause' : 'Play');
  $('#play').innerHTML = `<svg viewBox="0 0 16 16"><path d="${on ? 'M4.5 3.5h2.4v9H4.5zM9.1 3.5h2.4v9H9.1z' : 'M5.5 3.2v9.6L12.8 8z'}"/></svg>`;
  if (!on) return;
  if (fraction(S.sigma) > 0.995) S.sigma = highest();
  let last = performance.now();
  const frame = (now) => {
    if (!S.playing) return;
    const f = fraction(S.sigma) + (now - last) / PLAY_MS, stop = S.stopAt ?? 1;
    last = now;
    go(level(Math.min(f, stop)));
    if (f >= stop) { S.stopAt = null; play(false); } else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

// Play once from noise and stop in the worst step, unless the reader prefers stillness.
export function playOnce() {
  const worst = worstLevel();
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return go(worst);
  S.stopAt = fraction(worst);
  S.sigma = highest();
  play(true);
}

// Where the cursor is to be, or to stop if it is still on its way.
export function aim(s) {
  if (S.stopAt != null) S.stopAt = fraction(s);
  else go(s);
}

export function worstLevel() {
  const g = S.parts.run.sigma, i = S.parts.error?.hot?.at(-1);
  if (i == null) return Math.sqrt(highest() * lowest());
  return Math.sqrt(g[i] * Math.max(g[i + 1], lowest() * 0.5));
}

function hop(direction) {
  stop();
  const g = S.parts.run.sigma.filter((s) => s > 0), i = stepAt(S.sigma);
  if (direction > 0) return go(g[Math.min(i + 1, g.length - 1)]);
  go(S.sigma < g[i] * 0.999 ? g[i] : g[Math.max(i - 1, 0)]);
}

const stop = () => { S.stopAt = null; if (S.playing) play(false); };

// The levels with one more in the step under the cursor, at its middle on the log axis.
function split() {
  const g = S.parts.run.sigma, i = stepAt(S.sigma), levels = g.filter((s) => s > 0);
  const between = g[i + 1] > 0 ? Math.sqrt(g[i] * g[i + 1]) : g[i] / 2;
  levels.splice(i + 1, 0, +between.toPrecision(4));
  return levels;
}

export function initCursor({ painted, moved, edit }) {
  paint = painted;
  $('#insert').onclick = () => { stop(); edit(split()); };
  $('#scrub').addEventListener('input', (e) => { stop(); go(level(e.target.value / 1000)); moved(); });
  $('#play').onclick = () => { S.stopAt = null; play(!S.playing); moved(); };
  $('#prev').onclick = () => { hop(-1); moved(); };
  $('#next').onclick = () => { hop(1); moved(); };
  $('#first').onclick = () => { stop(); go(highest()); moved(); };
  const goRow = (i) => { stop(); go(S.parts.run.sigma[i] || lowest()); moved(); };
  $('#rows').onclick = (e) => { const tr = e.target.closest('tr'); if (tr) goRow(+tr.dataset.i); };
  $('#scroll').addEventListener('keydown', (e) => {
    const d = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (d) { e.preventDefault(); hop(d); moved(); }
  });
  return { stop, hop: (direction) => { hop(direction); moved(); } };
}
