// A name with a hyphen in it, “DPM-Solver++(2M)”, stands on one line.

const NAME = /(?<![\p{L}\p{N}-])[\p{L}\p{N}]+\+*(?:-[\p{L}\p{N}]+\+*)+(?:\(\w{1,3}\))?/gu,
  MOST = 24, // letters that any line has room for
  AS_IT_IS = '.kept, code, pre, svg, select, textarea';

/** The names within a text: [from, to], those with a capital or a digit. @param {string} text */
export const namesIn = (text) =>
  [...text.matchAll(NAME)]
    .filter(([name]) => name.length <= MOST && /[\p{Lu}\p{N}]/u.test(name))
    .map(({ 0: name, index }) => [index, index + name.length]);

/** Keeps the names of a sentence together. @param {Element} sentence */
export function keep(sentence) {
  if (!sentence.textContent.includes('-')) return;
  const walker = document.createTreeWalker(sentence, NodeFilter.SHOW_TEXT),
    texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(AS_IT_IS)) texts.push(walker.currentNode);
  for (const node of texts)
    for (const [from, to] of namesIn(node.data).reverse()) {
      const rest = node.splitText(from),
        made = document.createElement('span');
      rest.splitText(to - from);
      made.className = 'kept';
      made.textContent = rest.data;
      rest.replaceWith(made);
    }
}
