// The pointer and the keys on the σ spine: hover peeks, press or drag goes, the wheel zooms in σ, and a
// level's dot can be dragged.

import { $, S, clamp, highest, listed, lowest, set } from '../state.js';
import { G, wholeRange, zoomTo, zoomed } from './layout.js';
import { paintSpine } from './spine.js';
import { showHelp } from '../help.js';

// The level whose dot lies under the pointer, if any: dots that a strip lets one drag.
function dotAt(e) {
  const box = $('#axis').getBoundingClientRect(),
    x = e.clientX - box.left,
    y = e.clientY - box.top;
  const row = G.all.findIndex((strip) => strip.marks.some((mark) => mark.drag));
  if (row < 0 || Math.abs(y - G.rows[row].Y(0)) > 9) return -1;
  const levels = S.parts.run.sigma.filter((s) => s > 0),
    gaps = levels.map((s) => Math.abs(G.X(s) - x));
  const i = gaps.indexOf(Math.min(...gaps));
  return gaps[i] <= 7 ? i : -1;
}

// The levels with one moved to σ, kept between its neighbours; how near it may come the server says.
function moved(i, sigma, { gap, low, high }) {
  const levels = S.parts.run.sigma.filter((s) => s > 0),
    edited = listed(),
    top = i ? levels[i - 1] / gap : high,
    bottom = i < levels.length - 1 ? levels[i + 1] * gap : low;
  if (bottom <= top) edited[i] = +clamp(sigma, bottom, top).toPrecision(6);
  return edited;
}

export function initSpine({ go, hop, redraw, edit, moving }) {
  let grabbed = -1;
  const hit = $('#hit'),
    at = (e) => clamp(G.inverse(e.clientX - $('#axis').getBoundingClientRect().left), lowest(), highest());
  let down = false;
  hit.addEventListener('pointerdown', (e) => {
    hit.setPointerCapture(e.pointerId);
    set({ peek: null });
    grabbed = dotAt(e);
    down = grabbed < 0;
    if (down) go(at(e));
  });
  hit.addEventListener('pointermove', (e) => {
    if (grabbed < 0 && !down) hit.style.cursor = dotAt(e) < 0 ? '' : 'ew-resize';
    if (grabbed >= 0) edit(moved(grabbed, G.inverse(e.clientX - $('#axis').getBoundingClientRect().left), moving));
    else if (down) go(at(e));
    else if (e.pointerType === 'mouse') {
      set({ peek: at(e) });
      paintSpine();
    }
  });
  for (const end of ['pointerup', 'pointercancel'])
    hit.addEventListener(end, () => {
      down = false;
      grabbed = -1;
    });
  hit.addEventListener('pointerleave', () => {
    set({ peek: null });
    paintSpine();
  });
  hit.addEventListener(
    'wheel',
    (e) => {
      e.preventDefault();
      const [left, right] = wholeRange(),
        s = G.inverse(e.clientX - $('#axis').getBoundingClientRect().left),
        f = 1.2 ** Math.sign(e.deltaY);
      const high = Math.min(left, s * (G.left / s) ** f),
        low = Math.max(right, s * (G.right / s) ** f);
      zoomTo(high >= left && low <= right ? null : high / low < 3 ? [G.left, G.right] : [high, low]);
      $('#unzoom').hidden = !zoomed();
      redraw();
    },
    { passive: false },
  );
  hit.addEventListener('keydown', (e) => {
    const d = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (d) {
      e.preventDefault();
      hop(d);
    }
    if (e.key === 'Home' || e.key === 'End') {
      e.preventDefault();
      go(e.key === 'Home' ? highest() : lowest());
    }
  });
  const whole = () => {
    zoomTo(null);
    $('#unzoom').hidden = true;
    redraw();
  };
  hit.addEventListener('dblclick', whole);
  $('#unzoom').onclick = whole;
  $('#spine-over').addEventListener('click', (e) => {
    const button = e.target.closest('[data-strip]');
    if (button)
      showHelp(
        button,
        G.all.find((s) => s.name === button.dataset.strip),
      );
  });
  $('#spine-over').addEventListener('change', (e) => {
    const select = e.target.closest('select');
    if (!select) return;
    const whole = 'middle' in select.dataset; // another strip, not another quantity of one
    set(whole ? { middle: select.value } : { choices: { ...S.choices, [select.dataset.field]: select.value } });
    redraw();
    if (whole) $('#spine-over [data-middle]').focus(); // its head was drawn anew
    $('#axis').dispatchEvent(new CustomEvent('view', { bubbles: true }));
  });
}
