// Pointers and keys on the stage: pan, pinch, wheel, pick.  The view is S.zoom = {k, x, y}: the
// magnification and the world point at the middle; it is kept over new runs.

import { S, clamp, set as write } from '../state.js';

const LEAST = 0.5,
  MOST = 40,
  SLOP = 4;

export const WHOLE = { k: 1, x: 0, y: 0 };
export const zoomed = () => S.zoom.k !== 1 || S.zoom.x !== 0 || S.zoom.y !== 0;

// stage: { root, size, view() }.  view().zoom is null or the pixels per world unit at k = 1.
export function wirePointers(stage, { changed, picked }) {
  const { root } = stage,
    held = new Map();
  let travelled = 0,
    spread = 0;

  const unit = () => stage.view().unit?.(stage.size);
  const local = (e) => {
    const r = root.getBoundingClientRect();
    return [e.clientX - r.left - root.clientLeft, e.clientY - r.top - root.clientTop];
  };
  const control = (e) => e.target.closest('button, label, input, .pad');

  function set(zoom) {
    write({ zoom });
    changed();
  }
  function pan(dx, dy) {
    const scale = unit() * S.zoom.k;
    set({ k: S.zoom.k, x: S.zoom.x - dx / scale, y: S.zoom.y + dy / scale });
  }
  // The world point under the pointer stays where it is.
  function zoomAt(px, py, factor) {
    const { w, h } = stage.size,
      before = unit() * S.zoom.k,
      k = clamp(S.zoom.k * factor, LEAST, MOST),
      after = unit() * k;
    const dx = px - w / 2,
      dy = py - h / 2;
    const next = { k, x: S.zoom.x + dx / before - dx / after, y: S.zoom.y - dy / before + dy / after };
    set(Math.abs(k - 1) < 0.02 && Math.hypot(next.x, next.y) < 0.05 ? WHOLE : next);
  }
  const middle = (factor) => zoomAt(stage.size.w / 2, stage.size.h / 2, factor);

  const fingers = () => {
    const [a, b] = [...held.values()];
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, d: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  };

  root.addEventListener('pointerdown', (e) => {
    if (control(e) || e.button > 0) return;
    held.set(e.pointerId, local(e));
    if (held.size === 1) travelled = 0;
    if (held.size === 2) spread = fingers().d;
  });
  root.addEventListener('pointermove', (e) => {
    if (!held.has(e.pointerId)) return hover(e);
    const from = held.get(e.pointerId),
      to = local(e),
      dx = to[0] - from[0],
      dy = to[1] - from[1];
    if (held.size === 1) {
      travelled += Math.hypot(dx, dy);
      if (travelled < SLOP) return;
      // on touch the page scrolls with one finger until the stage is zoomed
      if (unit() && (e.pointerType !== 'touch' || zoomed())) {
        root.setPointerCapture(e.pointerId);
        pan(dx, dy);
      }
      held.set(e.pointerId, to);
    } else if (held.size === 2 && unit()) {
      const before = fingers();
      held.set(e.pointerId, to);
      const now = fingers();
      travelled = SLOP;
      zoomAt(now.x, now.y, now.d / (spread || now.d));
      pan(now.x - before.x, now.y - before.y);
      spread = now.d;
    }
  });
  const release = (e) => {
    if (!held.delete(e.pointerId)) return;
    if (e.type === 'pointerup' && !held.size && travelled < SLOP) {
      const k = stage.view().hit?.(...local(e), e.pointerType === 'touch' ? 24 : 14);
      if (k != null && k >= 0) picked(k);
    }
  };
  for (const name of ['pointerup', 'pointercancel']) root.addEventListener(name, release);
  root.addEventListener('pointerleave', () => {
    root.style.cursor = '';
  });

  function hover(e) {
    if (e.pointerType === 'touch') return;
    const k = control(e) ? null : stage.view().hit?.(...local(e), 10);
    root.style.cursor = k != null && k >= 0 ? 'pointer' : '';
  }

  root.addEventListener(
    'wheel',
    (e) => {
      // where the page itself scrolls, a plain wheel belongs to the page
      const scrolls = document.scrollingElement.scrollHeight > innerHeight + 1;
      if (!unit() || (scrolls && !e.ctrlKey && !e.metaKey)) return;
      e.preventDefault();
      const pixels = e.deltaY * (e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? stage.size.h : 1);
      zoomAt(...local(e), Math.exp(-clamp(pixels, -240, 240) * (e.ctrlKey ? 0.01 : 0.002)));
    },
    { passive: false },
  );
  root.addEventListener('dblclick', (e) => {
    if (unit() && !control(e)) set(WHOLE);
  });

  root.addEventListener('keydown', (e) => {
    if (e.target !== root || e.ctrlKey || e.metaKey || e.altKey) return;
    const act =
      unit() &&
      {
        '+': () => middle(1.3),
        '=': () => middle(1.3),
        '-': () => middle(1 / 1.3),
        '−': () => middle(1 / 1.3),
        0: () => set(WHOLE),
      }[e.key];
    const k = act ? null : stage.view().step?.(e.key);
    if (!act && k == null) return;
    e.preventDefault();
    e.stopPropagation();
    if (act) act();
    else picked(k);
  });
  return { reset: () => set(WHOLE) };
}
