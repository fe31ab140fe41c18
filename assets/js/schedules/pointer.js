// What a hand does on the figure: press or drag goes, hover peeks, Alt is free of the steps; the pill
// of the shift and the line of the hand-over are dragged; arrow keys go along steps and rows.

import { clamp } from '../state.js';
import { type } from '../theme.js';
import { dragged } from './shift.js';

const GRAB = 6; // px beside the line of the hand-over

/** @typedef {{fig: HTMLElement, slider: HTMLElement, figure: import('./figure.js').Figure, moved: () => void,
 *   shift: (alpha: number, done: boolean) => void, split: (step: number) => void, fault: (i: number) => void}} Given */

/** @param {Given} given */
export function pointing(given) {
  const { fig, slider, figure } = given,
    hand = { drag: null, last: null };
  fig.addEventListener('pointerdown', (e) => figure.axis && !e.button && press(e, given, hand));
  fig.addEventListener('pointermove', (e) => {
    if (!figure.axis) return;
    if (hand.drag) follow(e, given, hand.drag);
    else if (e.pointerType === 'mouse' && inside(e, fig) > figure.axis.gutter)
      figure.show(figure.point(inside(e, fig), e.altKey));
  });
  fig.addEventListener('pointerleave', () => !hand.drag && figure.axis && figure.show());
  for (const name of ['pointerup', 'pointercancel'])
    fig.addEventListener(name, () => {
      if (hand.drag?.now) given.shift(hand.drag.now, true);
      hand.drag = null;
    });
  // a captured pointer's double click is the figure's, so what was pressed last says whose it is
  fig.addEventListener('dblclick', () => hand.last === 'pill' && given.shift(figure.told.shift.own, true));
  slider.addEventListener('keydown', (e) => keys(e, given));
}

// In pixels of the drawing, which is larger while presenting.
const inside = (e, fig) =>
  (e.clientX - fig.getBoundingClientRect().left - parseFloat(getComputedStyle(fig).paddingLeft)) / type(1);

function press(e, given, hand) {
  const { fig, slider, figure, moved, fault } = given,
    flag = e.target.closest('[data-fault]'),
    row = chosenRow(e, given);
  slider.focus({ preventScroll: true });
  if (flag) return fault(+flag.dataset.fault);
  if (row != null) {
    figure.go({ row, step: Math.min(figure.at.step, figure.told.rows[row].levels.length - 1), sigma: null });
    return moved();
  }
  hand.drag = grabbed(e, given);
  hand.last = hand.drag.kind;
  fig.setPointerCapture(e.pointerId);
  if (e.pointerType !== 'touch') e.preventDefault();
  if (hand.drag.kind !== 'pill') follow(e, given, hand.drag);
}

function grabbed(e, { fig, figure }) {
  if (e.target.closest('.sch-pill')) return { kind: 'pill', x: e.clientX, alpha: figure.told.shift.value };
  const { split, rows } = figure.told,
    mine = rows.find((r) => r.role === 'yours');
  const near = split?.at != null && Math.abs(figure.axis.X(mine.levels[split.at]) - inside(e, fig)) < GRAB;
  return { kind: near && e.target.closest('.sch-rows') ? 'split' : 'cursor' };
}

// The row whose name was pressed, if any.
function chosenRow(e, { fig, figure }) {
  const { axis, places } = figure,
    box = e.target.closest('.sch-rows svg')?.getBoundingClientRect();
  if (!box || axis.look === 'narrow' || inside(e, fig) > axis.gutter - 4) return null;
  const y = (e.clientY - box.top) / type(1),
    k = places.findIndex(({ top, height }) => y >= top && y < top + height);
  return k < 0 ? null : k;
}

function follow(e, { fig, figure, moved, shift, split }, drag) {
  if (drag.kind === 'pill') {
    drag.now = dragged(drag.alpha, (e.clientX - drag.x) / type(1), figure.axis.perLog, figure.told.shift.own);
    return shift(drag.now, false);
  }
  const place = figure.point(inside(e, fig), e.altKey);
  if (drag.kind === 'split') return split(place.step);
  figure.go(place);
  moved();
}

function keys(e, { figure, moved }) {
  const { row, step } = figure.at,
    { rows } = figure.told ?? {};
  if (!rows || e.ctrlKey || e.metaKey) return;
  const go = {
    ArrowLeft: { step: step - 1 },
    ArrowRight: { step: step + 1 },
    ArrowUp: { row: row - 1 },
    ArrowDown: { row: row + 1 },
    Home: { step: 0 },
    End: { step: Infinity },
  }[e.key];
  if (!go) return;
  e.preventDefault();
  const next = clamp(go.row ?? row, 0, rows.length - 1);
  figure.go({ row: next, step: clamp(go.step ?? step, 0, rows[next].levels.length - 1), sigma: null });
  moved();
}
