// All words in one list that can be searched.

import { word } from './word.js';

const plain = (text) => text.replace(/<[^>]*>/g, '').toLowerCase();

/** The list, in an element; nothing where the page has none.
 * @param {Record<string, object>} glossary @param {HTMLElement | null} root */
export function listed(glossary, root) {
  if (!root) return;
  const rows = Object.entries(glossary)
    .sort(([, a], [, b]) => plain(a.title).localeCompare(plain(b.title)))
    .map(
      ([name, one]) =>
        `<li data-of="${plain(`${name} ${one.title} ${one.gloss} ${one.sentence}`)}">` +
        `<b>${word(name, one.title)}</b> <span>${one.sentence}</span></li>`,
    );
  root.innerHTML =
    '<label class="find">Find a word <input type="search" autocomplete="off"></label>' +
    `<ul class="words">${rows.join('')}</ul><p role="status"></p>`;
  root.querySelector('input').addEventListener('input', (e) => {
    const asked = e.target.value.trim().toLowerCase();
    let left = 0;
    for (const row of root.querySelectorAll('li')) {
      row.hidden = !row.dataset.of.includes(asked);
      left += !row.hidden;
    }
    root.querySelector('[role=status]').textContent = left ? '' : `No word holds “${asked}”.`;
  });
}
