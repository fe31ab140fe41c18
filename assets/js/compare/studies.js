// Studies of Compare, kept in this browser: a name, how many cells, and the link that opens it again.  What was
// measured is kept by the server, so that a study that is opened goes on where it was.

import { escaped } from '../schedules/svg.js';
import { $ } from '../state.js';
import { recall, remember } from '../remember.js';

const KEY = 'studies',
  MOST = 24;

/** @returns {{name: string, query: string, done: number, total: number}[]} the newest first */
export function list() {
  try {
    const kept = JSON.parse(recall(KEY) ?? '[]');
    return Array.isArray(kept)
      ? kept.filter((s) => s && typeof s.query === 'string' && typeof s.name === 'string')
      : [];
  } catch {
    return [];
  }
}

/** One more, or another state of one that is known by its link or by what it asks: where the cursor stood is no
 * part of that. @param {any} study */
export function keep(study) {
  const others = list().filter((s) => s.query !== study.query && s.asks !== study.asks);
  remember(KEY, JSON.stringify([study, ...others].slice(0, MOST)));
  draw();
}

function forget(query) {
  remember(KEY, JSON.stringify(list().filter((s) => s.query !== query)));
  draw();
}

function draw() {
  const all = list(),
    box = $('#studies');
  if (!box) return;
  box.hidden = !all.length;
  box.innerHTML =
    `<summary>Studies ${all.length}</summary><div>` +
    `<p>Kept in this browser; a link opens one with its settings.</p><ul>${all.map(row).join('')}</ul></div>`;
}

function row({ name, query, done, total, about }) {
  const part = done < total,
    state = part ? `${done} of ${total}: Resume` : `${total} cells`,
    attributes = `data-forget="${escaped(query)}" aria-label="Forget ${escaped(name)}"`;
  return (
    `<li class="${part ? 'part' : 'whole'}">` +
    `<a href="?${escaped(query)}">${escaped(name)}<small>${escaped(about ?? '')}</small></a>` +
    `<span>${state}</span><button type="button" class="icon" ${attributes}>×</button></li>`
  );
}

/** Puts the list into the bar of views. */
export function init() {
  const box = document.createElement('details');
  box.id = 'studies';
  box.className = 'studies';
  $('.viewbar').append(box);
  box.onclick = (e) => {
    const b = e.target.closest('[data-forget]');
    if (b) forget(b.dataset.forget);
  };
  document.addEventListener('pointerdown', (e) => box.contains(e.target) || (box.open = false));
  box.onkeydown = (e) => {
    if (e.key !== 'Escape') return;
    box.open = false;
    $('summary', box).focus();
  };
  draw();
}
