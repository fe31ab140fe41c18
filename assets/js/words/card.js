// Words open a small card where they stand: by hover, tap, or Enter and Space.  One handler for all.

import { $, $$ } from '../state.js';
import { act, marks, why } from './act.js';
import { drawing } from './draw.js';
import { listed } from './list.js';
import { place } from './place.js';
import { stopOf, wordsBeside } from './reach.js';
import { initSaid } from './said.js';

const HOVER = 150, // ms on a word until its card opens
  LEAVES = 250, // ms off word and card until it closes
  PRESSED = 'button, a[href], select, summary, option'; // what is pressed for itself: there by hover and F1 alone

let glossary = {},
  lessons = [],
  open = null, // {word, hovered, back}: back has the focus again
  timer = null,
  toPage = () => {};

/** @param {{glossary: Record<string, object>, lessons: {all: object[]}}} told
 * @param {(page: string) => void} showPage */
export function initWords(told, showPage) {
  glossary = told.glossary;
  lessons = told.lessons.all;
  toPage = showPage;
  const card = $('#word');
  document.addEventListener('pointerover', (e) => hover(e));
  document.addEventListener('click', (e) => {
    const word = e.target.closest('[data-word]');
    if (!word || word.closest(PRESSED)) return;
    e.preventDefault();
    show(word, true);
  });
  document.addEventListener('keydown', (e) => {
    if (e.key === 'F1') return asked(e);
    const word = e.target.closest?.('[data-word]');
    if (!word || word.closest(PRESSED) || !['Enter', ' '].includes(e.key)) return;
    e.preventDefault();
    e.stopPropagation();
    show(word, true);
  });
  card.addEventListener('click', (e) => {
    const button = e.target.closest('[data-show-me], [data-lesson-of]');
    if (!button) return;
    if (button.dataset.lessonOf) return card.hidePopover(); // the link itself is followed
    const { show: what } = glossary[button.dataset.showMe];
    if (why(what)) return button.replaceWith(why(what));
    card.hidePopover();
    if (!what.set) return act(what, toPage);
    toPage('explore');
    setTimeout(() => marks(what.set)); // once they are set, as of any button that offers some
  });
  card.addEventListener('toggle', (e) => {
    if (e.newState !== 'closed' || !open) return;
    open.word.removeAttribute('aria-expanded');
    if (!open.hovered && card.contains(document.activeElement)) open.back?.focus();
    open = null;
  });
  listed(glossary, $('#words'));
  initSaid(glossary);
}

// F1: the word beside what has the focus; from an open card the next one there.
function asked(e) {
  const inside = $('#word').contains(document.activeElement) ? open : null,
    at = inside ? inside.back : document.activeElement,
    words = wordsBeside(at);
  if (!words.length) return;
  e.preventDefault();
  show(words[inside ? (words.indexOf(inside.word) + 1) % words.length : 0], true, at);
}

function hover(e) {
  if (e.pointerType !== 'mouse') return;
  const word = e.target.closest?.('[data-word]');
  clearTimeout(timer);
  if (word && word !== open?.word) timer = setTimeout(() => show(word, false), HOVER);
  else if (open?.hovered && !word && !e.target.closest('#word'))
    timer = setTimeout(() => $('#word').hidePopover(), LEAVES);
}

// The lesson that tells more; while there is none of this name, nothing.
const lessonOf = (name) => {
  const head = lessons.find((one) => one.name === name);
  return head
    ? `<a class="reset" href="?lesson=${name}&amp;at=1" data-lesson-of="${name}">Lesson: ${head.title}</a>`
    : '';
};

const html = (name, { title, gloss, sentence, formula, draw, show: what, source, lesson }) => {
  const set = what.set ? ` data-set='${JSON.stringify(what.set)}'` : '';
  return (
    `<header><b>${title}</b><span>${gloss}</span></header><p>${sentence}</p>` +
    `<div class="seen">${drawing(draw)}<span class="formula">${formula}</span></div>` +
    `<div class="foot"><button type="button" class="reset" data-show-me="${name}"${set}>${what.label}</button>` +
    `${lessonOf(lesson)}<span>${source}</span></div>`
  );
};

function show(word, acted, back = stopOf(word)) {
  const card = $('#word'),
    { word: name } = word.dataset;
  if (!glossary[name] || !word.isConnected) return;
  if (card.matches(':popover-open')) card.hidePopover();
  for (const other of $$('[data-word][aria-expanded]')) other.removeAttribute('aria-expanded');
  card.innerHTML = html(name, glossary[name]);
  card.setAttribute('aria-label', `${word.textContent}: what it is`);
  card.showPopover();
  if (word.role) word.setAttribute('aria-expanded', 'true');
  open = { word, hovered: !acted, back };
  place(card, word);
  if (acted) $('button', card).focus({ preventScroll: true });
}
