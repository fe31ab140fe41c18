// The one cursor: scrubber, play, single steps, the table of steps.  Nothing here asks the server.

import { $, $$, S, clamp, highest, infinite, lowest, set, stepAt } from './state.js';
import { number, percent, short, steady } from './numbers.js';
import { sizeOf } from './draw/canvas.js';
import { T } from './theme.js';

const PLAY_MS = 6000; // from σ_max to the data
let paint = () => {};
let row = -1,
  scrolled = -1;

const fraction = (s) => Math.log(highest() / clamp(s, lowest(), highest())) / Math.log(highest() / lowest());
const level = (f) => highest() * (lowest() / highest()) ** f;

export function go(s) {
  set({ sigma: clamp(s, lowest(), highest()) });
  paint();
}

// So many elements of a kind in a parent, those that are there first: to make them anew at every move
// costs more than to move them.
function several(parent, kind, count) {
  const found = $$(`:scope > .${kind}`, parent);
  for (const extra of found.splice(count)) extra.remove();
  while (found.length < count) {
    found.push(document.createElement('div'));
    found.at(-1).className = kind;
    parent.append(found.at(-1));
  }
  return found;
}

export function drawScrubber() {
  const track = $('#track'),
    { sigma, colour } = S.parts.run,
    hot = S.parts.error?.hot ?? [];
  const left = (s) => `calc(8px + ${fraction(s)} * (100% - 16px))`;
  const levels = sigma.filter((s) => s > 0),
    ticks = several(track, 'tick', levels.length <= 128 ? levels.length : 0);
  ticks.forEach((tick, i) => {
    tick.classList.toggle('hot', hot.includes(i));
    tick.style.left = left(levels[i]);
    tick.style.background = hot.includes(i) ? (T.swap.get(colour) ?? T.onestep) : '';
  });
  const decades = [1000, 100, 10, 1, 0.1, 0.01, 0.001].filter((s) => s < highest() / 1.8 && s > lowest() * 1.8);
  const marks = [highest(), ...decades];
  several(track, 'num', marks.length).forEach((num, i) => {
    num.style.left = left(marks[i]);
    const words = infinite(marks[i]) ? '∞' : number(marks[i]);
    if (num.textContent !== words) num.textContent = words;
  });
}

const ROW = '<td></td>'.repeat(5) + '<td><span></span></td>';
export function drawTable() {
  const { run, error } = S.parts,
    g = run.sigma,
    most = Math.max(...(error?.share ?? [1])),
    body = $('#rows');
  while (body.rows.length > g.length - 1) body.deleteRow(-1);
  while (body.rows.length < g.length - 1) {
    const tr = body.insertRow();
    tr.dataset.i = tr.rowIndex - 1;
    tr.tabIndex = -1;
    tr.innerHTML = ROW;
  }
  [...body.rows].forEach((tr, i) => {
    const s = g[i],
      next = g[i + 1],
      share = error?.share?.[i],
      span = tr.lastChild.firstChild;
    const words = [
      i + 1,
      ...(infinite(s)
        ? ['∞', '∞', next > 0 ? '∞' : '→ 0']
        : [number(s), number(s - next), next > 0 ? Math.log(s / next).toFixed(2) : '→ 0']),
      short(error?.local?.[i]),
    ];
    words.forEach((w, k) => {
      const cell = tr.cells[k];
      if (cell.textContent !== String(w)) cell.textContent = w;
    });
    span.className = share == null ? '' : 'bar';
    span.style.setProperty('--w', share == null ? 0 : share / most);
    span.textContent = share == null ? '–' : percent(share);
  });
  $('#steps-note').textContent = error?.measured ? 'share of the end error' : '';
  $('#steps-note').title = error?.measured
    ? 'How far the end moves when that step alone is replaced by the true one: ' +
      `each path’s own shares, averaged over ${error.measured} paths`
    : '';
  row = -1;
}

export function paintCursor() {
  const { run } = S.parts,
    f = fraction(S.sigma),
    j = stepAt(S.sigma),
    n = run.hat.length,
    scrub = $('#scrub');
  $('#thumb').style.left = `calc(8px + ${f} * (100% - 16px))`;
  scrub.value = 1000 * f;
  for (const slider of [scrub, $('#hit')])
    slider.setAttribute('aria-valuetext', `σ = ${infinite(S.sigma) ? '∞' : number(S.sigma)}, step ${j + 1} of ${n}`);
  $('#hit').setAttribute('aria-valuenow', Math.round(1000 * f));
  $('#now-sigma').textContent = `σ = ${infinite(S.sigma) ? '∞' : steady(S.sigma)}`;
  $('#now-step').textContent = `step ${j + 1}`;
  $('#now-of').textContent = ` of ${n}`;
  if (row === j) return;
  row = j;
  const rows = $('#rows').children,
    box = $('#scroll');
  for (const r of rows) if (r !== rows[j]) r.removeAttribute('aria-current');
  rows[j]?.setAttribute('aria-current', 'true');
  const top = Math.max(0, 20 * Math.round((20 * j - (sizeOf(box).h - 40) / 2) / 20));
  if (top === scrolled) return; // a reader who scrolled by hand is left there
  scrolled = top;
  requestAnimationFrame(() => {
    box.scrollTop = top;
  }); // when the page is laid out anyway
}

const BARS = 'M4.5 3.5h2.4v9H4.5zM9.1 3.5h2.4v9H9.1z',
  ARROW = 'M5.5 3.2v9.6L12.8 8z';

export function play(on) {
  set({ playing: on });
  $('#play').setAttribute('aria-label', on ? 'Pause' : 'Play');
  $('#play').innerHTML = `<svg viewBox="0 0 16 16"><path d="${on ? BARS : ARROW}"/></svg>`;
  if (!on) return;
  if (fraction(S.sigma) > 0.995) set({ sigma: highest() });
  let last = performance.now();
  const frame = (now) => {
    if (!S.playing) return;
    const f = fraction(S.sigma) + (now - last) / PLAY_MS,
      stop = S.stopAt ?? 1;
    last = now;
    go(level(Math.min(f, stop)));
    if (f >= stop) {
      set({ stopAt: null });
      play(false);
    } else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

// Play once from noise and stop in the worst step, unless the reader prefers stillness.
export function playOnce() {
  const worst = worstLevel();
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return go(worst);
  set({ stopAt: fraction(worst), sigma: highest() });
  play(true);
}

// Where the cursor is to be, or to stop if it is still on its way.
export function aim(s) {
  if (S.stopAt != null) set({ stopAt: fraction(s) });
  else go(s);
}

export function worstLevel() {
  const g = S.parts.run.sigma,
    { hot, share } = S.parts.error ?? {},
    largest = share?.length ? share.indexOf(Math.max(...share)) : null, // where it is undecided
    i = hot?.at(-1) ?? largest;
  if (i == null) return Math.sqrt(highest() * lowest());
  return Math.sqrt(g[i] * Math.max(g[i + 1], lowest() * 0.5));
}

function hop(direction) {
  stop();
  const g = S.parts.run.sigma.filter((s) => s > 0),
    i = stepAt(S.sigma);
  if (direction > 0) return go(g[Math.min(i + 1, g.length - 1)]);
  go(S.sigma < g[i] * 0.999 ? g[i] : g[Math.max(i - 1, 0)]);
}

const stop = () => {
  set({ stopAt: null });
  if (S.playing) play(false);
};

export function initCursor({ painted, moved, insert }) {
  paint = painted;
  $('#insert').onclick = () => {
    stop();
    insert(stepAt(S.sigma));
  };
  const jump = (direction) => {
    hop(direction);
    moved();
  };
  const goTo = (sigma) => {
    stop();
    go(sigma);
    moved();
  };
  $('#scrub').addEventListener('input', (e) => goTo(level(e.target.value / 1000)));
  $('#play').onclick = () => {
    set({ stopAt: null });
    play(!S.playing);
    moved();
  };
  $('#prev').onclick = () => jump(-1);
  $('#next').onclick = () => jump(1);
  $('#first').onclick = () => goTo(highest());
  $('#rows').onclick = (e) => {
    const tr = e.target.closest('tr');
    if (tr) goTo(S.parts.run.sigma[+tr.dataset.i] || lowest());
  };
  $('#scroll').addEventListener('keydown', (e) => {
    const d = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (d) {
      e.preventDefault();
      jump(d);
    }
  });
  return { stop, hop: jump };
}
