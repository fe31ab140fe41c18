// Only what has changed is written: focus stays, words keep their marks, and a drag lays out nothing that stands still.

const written = new WeakMap();

/** @param {Element} element @param {string} html @param {'innerHTML' | 'textContent'} [property]
 * @returns {boolean} whether it was other */
export function write(element, html, property = 'innerHTML') {
  if (written.get(element) === html) return false;
  element[property] = html;
  written.set(element, html);
  return true;
}
