// The paste box: a text field over a sheet that carries its marks.

import { escaped } from './svg.js';

const LONGEST = 40_000; // characters that are marked

/** A text with its marks as HTML: what makes the list, what has no effect or does harm, what was changed.
 * @param {string} text @param {{from: number, to: number, kind: string, at: number | null}[]} marks */
export function marked(text, marks) {
  let at = 0,
    out = '';
  for (const { from, to, kind, at: step } of marks) {
    if (from < at || to > text.length) continue;
    const tag = kind === 'harm' || kind === 'idle' ? 's' : 'b';
    out += escaped(text.slice(at, from));
    const of = step == null ? '' : ` data-step="${step}"`;
    out += `<${tag}${of} class="${kind}">${escaped(text.slice(from, to))}</${tag}>`;
    at = to;
  }
  return `${out + escaped(text.slice(at))}\n`;
}

/** @param {HTMLElement} box .sch-paste
 * @param {{typed: (text: string) => void, over: (step: number | null) => void}} hear */
export function pasteBox(box, { typed, over }) {
  const [sheet, field] = [box.querySelector('pre'), box.querySelector('textarea')];
  let marks = [];
  const follow = () => {
    sheet.scrollTop = field.scrollTop;
    sheet.scrollLeft = field.scrollLeft;
  };
  function paint() {
    const plain = field.value.length > LONGEST;
    box.classList.toggle('plain', plain);
    box.classList.toggle('empty', !field.value);
    sheet.innerHTML = plain ? '' : marked(field.value, marks);
    follow();
  }
  field.addEventListener('scroll', follow);
  field.addEventListener('input', () => {
    marks = [];
    paint();
    typed(field.value);
  });
  // the field lies over the sheet: where the pointer is on the sheet is asked of it
  field.addEventListener('mousemove', (e) => {
    if (!marks.length) return;
    const on = [...sheet.querySelectorAll('[data-step]')].find((m) =>
      [...m.getClientRects()].some(
        (r) => e.clientX >= r.left && e.clientX <= r.right && e.clientY >= r.top && e.clientY <= r.bottom,
      ),
    );
    over(on ? +on.dataset.step : null);
  });
  field.addEventListener('mouseleave', () => over(null));
  return {
    /** Another text or other marks of it; what a person writes is never changed under the hand. */
    show(text, given) {
      if (field.value !== text) field.value = text;
      marks = given;
      paint();
    },
    light(step) {
      for (const m of sheet.querySelectorAll('[data-step]')) m.classList.toggle('on', +m.dataset.step === step);
    },
    get text() {
      return field.value;
    },
    focus: () => field.focus(),
  };
}
