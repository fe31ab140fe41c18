// Learn: the list of lessons with how far one has come, and the words.

import { $, S } from '../state.js';
import { plain } from '../design/formula.js';
import { knowLessons } from '../lessons/link.js';
import { beginLessons, initLessons, watch, writeLesson } from '../lessons/lessons.js';
import { progress } from '../lessons/progress.js';

let line = null;

function init(given) {
  line = given;
  knowLessons(line.config.lessons.all);
  initLessons(line);
}

function state({ name, views }) {
  const { at, done } = progress();
  if (at[name]) return `<span class="how">step ${at[name]} of ${views.length}</span>`;
  return done.includes(name) ? '<span class="how done">✓ done</span>' : '';
}

const steps = (n) => `${n} ${n > 1 ? 'steps' : 'step'}`;
const card = (head) =>
  `<a class="card" data-name="${head.name}" href="?lesson=${head.name}&amp;at=${progress().at[head.name] ?? 1}">` +
  `<b>${plain(head.title)}</b>${state(head)}` +
  `<span>${plain(head.text)}</span>` +
  `<span class="src">${head.minutes} min · ${steps(head.views.length)} · ${plain(head.source)}</span></a>`;

function list() {
  const { groups, all } = line.config.lessons;
  $('#learn-list').innerHTML = groups
    .map((group) => [group, all.filter((head) => head.group === group)])
    .filter(([, own]) => own.length)
    .map(([group, own]) => `<section><h2>${group}</h2><div class="cards">${own.map(card).join('')}</div></section>`)
    .join('');
  const { done } = progress();
  $('#learn-note').textContent = `${all.filter(({ name }) => done.includes(name)).length} of ${all.length} finished. `;
}

export const page = {
  name: 'learn',
  keys: ['lesson', 'at'],
  init,
  read() {
    if (S.page === 'learn') list();
  },
  write: writeLesson,
  draw() {},
  changed: watch,
  said: watch,
  begun: beginLessons,
  resume: list,
};
