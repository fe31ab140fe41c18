// A lesson stands in the shelf's place, or as a band on another page, while one works.  Only ×, “Try it
// yourself” and its end close it.  Its texts come from the server, with the numbers of the record put in.

import { $, S } from '../state.js';
import { call } from '../net.js';
import { card, liveWords } from './card.js';
import { visit } from '../gestures/places.js';
import { place, show, whenPlaced } from './place.js';
import { headOf, link, tabOf, viewAt } from './link.js';
import { did, isDone, point, pointed, unpoint } from './point.js';
import { presenting } from '../present/present.js';
import { finished, progress, seen, visited } from './progress.js';

let line = null, // of app.js
  open = null, // {lesson, at, ticked}
  plays = false, // the scenes of the first visit go on by themselves
  timer = null;
const texts = new Map();
const box = () => $('#lesson');
const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** @param {any} given as pages have it */
export function initLessons(given) {
  line = given;
  const act = {
    close: () => shut(),
    back: () => step(open.at - 1),
    next,
    try: tryIt,
    plays: () => (plays ? pause() : playOn()),
  };
  box().addEventListener('click', (e) => act[e.target.closest('[data-lesson]')?.dataset.lesson]?.());
  $('#lessons').onclick = press;
  whenPlaced(() => open && dock());
  document.addEventListener('turn', turned);
  fresh();
  for (const kind of ['pointerdown', 'keydown', 'wheel'])
    addEventListener(kind, (e) => !e.target.closest?.('[data-lesson=plays]') && plays && pause(), {
      capture: true,
      passive: true,
    });
}

const fresh = () => $('#lessons').classList.toggle('fresh', !progress().done.length);

// The button goes on where one was, else to the list.
function press() {
  const { last, at } = progress();
  if (!open && last && headOf(last)) go(headOf(last), at[last] ?? 1);
  else line.open('learn');
}

// The clicker of who presents: on and back within the lesson, however fast it is pressed.
function turned(e) {
  if (!open || box().hidden) return;
  e.preventDefault();
  step((link.name === open.lesson.name ? link.at : open.at) + e.detail);
}

// The view of a step with the lesson beside it, as its link would open it; Back returns to the step before.
function go(head, at) {
  const whole = new URLSearchParams(viewAt(head, at));
  whole.set('lesson', head.name);
  whole.set('at', at);
  visit(whole.toString());
}

let begun = false;
/** A page, or another whole view, is there: a link's lesson, or the first visit of one who comes without a link. */
export function beginLessons() {
  const first = !begun && line.config.lessons.all.find((head) => head.first),
    fromLink = begun;
  begun = true;
  if (link.unknown) line.problem(`There is no lesson “${link.unknown}”; Learn lists all.`);
  if (link.name) return openLesson(link.name, link.at, fromLink);
  if (open) return shut({ focus: false });
  if (!first || !link.bare || S.page !== 'explore' || visited()) return;
  plays = !still();
  go(first, 1);
}

// The card of a step whose view is on show.
async function openLesson(name, at, focus) {
  const lesson = texts.get(name) ?? (await call('lesson', { name }, 3));
  if (lesson.problem) return line.problem(lesson.problem);
  if (link.name !== name || link.at !== at) return; // the reader went on meanwhile
  texts.set(name, lesson);
  const goesOn = open?.lesson.name === name;
  stand(lesson, at);
  if (focus && !goesOn) $('h2', box())?.focus({ preventScroll: true });
}

function stand(lesson, at) {
  open = { lesson, at, ticked: false };
  seen(lesson.name, at);
  draw();
  line.address();
}

// Another step: one without a view of its own goes on with the page as the reader has it.
function step(at) {
  const { lesson } = open,
    now = lesson.steps[at - 1],
    head = headOf(lesson.name);
  if (!now) return;
  if (now.view || tabOf(viewAt(head, at)) !== S.page) return go(head, at);
  link.at = at;
  stand(lesson, at);
}

function draw() {
  const { lesson, at } = open;
  box().innerHTML = card(lesson, at, plays, presenting());
  dock();
  show();
  point(lesson.steps[at - 1], true);
  watch();
  again();
}

/** Where the card stands on the page on show; nowhere on the list of lessons. */
export function dock() {
  const page = $('.page'),
    on = Boolean(open) && S.page !== 'learn',
    explore = S.page === 'explore';
  box().hidden = !on;
  on ? (page.dataset.lesson = open.lesson.name) : delete page.dataset.lesson;
  if (!on) return;
  if (explore) return place(box());
  const body = $(`section[data-body="${S.page}"]`);
  if (box().parentElement !== body) body.prepend(box());
}

/** After every answer: the number on show, and whether the task is done. */
export function watch() {
  if (!open) return;
  const now = open.lesson.steps[open.at - 1],
    words = liveWords(now.live),
    live = $('.live', box());
  if (live && live.innerHTML !== words) live.innerHTML = words;
  if (!pointed(now)) point(now, !open.ticked);
  if (!open.ticked && isDone(now.done)) {
    open.ticked = true;
    box().classList.add('did');
    did();
  } else if (!open.ticked) box().classList.remove('did');
}

function next() {
  if (open.at < open.lesson.steps.length) return step(open.at + 1);
  const { name, title } = open.lesson;
  finished(name);
  shut();
  fresh();
  toast(`Finished: ${title}. Learn has the next.`);
}

function shut({ focus = true } = {}) {
  pause();
  open = link.name = null;
  unpoint();
  dock();
  line.draw();
  line.address();
  if (focus) $('#lessons').focus({ preventScroll: true });
}

function tryIt() {
  const { lesson, at } = open;
  if (lesson.first) finished(lesson.name);
  shut();
  fresh();
  toast(lesson.first ? 'Learn has this tour, and more.' : `Your turn. Lessons takes you back to step ${at}.`);
}

let toasted = null;
function toast(words) {
  const node = $('#lesson-toast');
  node.textContent = words;
  node.hidden = false;
  clearTimeout(toasted);
  toasted = setTimeout(() => (node.hidden = true), 4000);
}

// ---- scenes that go on by themselves ----------------------------------------------------------------

function again() {
  clearTimeout(timer);
  const seconds = open?.lesson.steps[open.at - 1].scene;
  if (!plays || !seconds) return;
  timer = setTimeout(() => (open.at < open.lesson.steps.length ? step(open.at + 1) : pause()), 1000 * seconds);
}

function pause() {
  clearTimeout(timer);
  plays = false;
  const button = $('[data-lesson=plays]', box());
  if (button) button.textContent = 'Play on';
}

function playOn() {
  plays = true;
  draw();
}

/** A lesson in the link, also one whose texts are on their way. @param {URLSearchParams} params */
export function writeLesson(params) {
  if (!link.name) return;
  params.set('lesson', link.name);
  params.set('at', link.at);
}
