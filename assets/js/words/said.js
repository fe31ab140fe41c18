// Words of the glossary in sentences, most of which the server writes, open their cards too.  They are found in the
// text, so that nothing of a sentence is read as HTML.

import { $, $$ } from '../state.js';
import { keep } from './name.js';

const SENTENCE = 'p, li, dd, figcaption, h1, .status > span, summary > span', // the last: for its names alone
  WHOLE = '.finding, .headline, .status, .group', // of their sentences together each word is marked once
  NOT = '#lesson, #word, #words, #sch-lists, .dock, dialog, [aria-hidden=true]', // have their own, or are no sentences
  OWN = '[data-word], button, a, summary, select, textarea, code, pre, svg, sub, sup',
  BESIDE = '.headline, .controls .group, .own .group, .row'; // F1 opens them from a control there

/** What is looked for. @param {Record<string, {said?: string[]}>} glossary */
export function forms(glossary) {
  const name = {};
  for (const [word, { said = [] }] of Object.entries(glossary))
    for (const form of said) name[form] = name[form[0].toUpperCase() + form.slice(1)] = word;
  const all = Object.keys(name)
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[()[\].*+?^$|\\]/g, '\\$&'));
  return { name, pattern: new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${all.join('|')})(?![\\p{L}\\p{N}_-])`, 'gu') };
}

/** The words that stand in a text, each at its first place: [from, to, word].
 * @param {string} text @param {{name: Record<string, string>, pattern: RegExp}} looked
 * @param {Set<string>} had words that are marked already; the new ones are added
 * @param {boolean} [indexed] an index follows: σ before one is another word */
export function places(text, { name, pattern }, had, indexed = false) {
  const out = [];
  for (const { 0: form, index } of text.matchAll(pattern)) {
    const word = name[form],
      to = index + form.length;
    if (had.has(word) || (indexed && to === text.length)) continue;
    had.add(word);
    out.push([index, to, word]);
  }
  return out;
}

function span(word, text) {
  const made = document.createElement('span');
  made.className = 'word';
  made.dataset.word = word;
  made.textContent = text;
  return made;
}

function mark(sentence, looked) {
  if (sentence.closest(NOT)) return;
  const whole = sentence.closest(WHOLE) ?? sentence,
    before = $$('[data-word]', whole),
    had = new Set(before.map((one) => one.dataset.word)),
    walker = document.createTreeWalker(sentence, NodeFilter.SHOW_TEXT),
    texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(OWN)) texts.push(walker.currentNode);
  for (const node of texts) {
    const indexed = /^SU[BP]$/.test(node.nextSibling?.tagName);
    for (const [from, to, word] of places(node.data, looked, had, indexed).reverse()) {
      const rest = node.splitText(from);
      rest.splitText(to - from);
      rest.replaceWith(span(word, rest.data));
    }
  }
  const first = !before.length && !sentence.closest(BESIDE) && $('[data-word]', sentence);
  if (first) [first.role, first.tabIndex] = ['button', 0]; // a place of the Tab key; F1 goes on from it
}

// The sentences that a change has written.
function written({ target, addedNodes }) {
  if (target.tagName === 'TD') return []; // numbers, and many of them
  const of = (target.closest ? target : target.parentElement)?.closest(SENTENCE);
  if (of) return [of];
  const added = [...addedNodes].filter((node) => node instanceof HTMLElement);
  return added.flatMap((node) => [...(node.matches(SENTENCE) ? [node] : []), ...$$(SENTENCE, node)]);
}

/** From now on, as soon as a sentence is written. @param {Record<string, object>} glossary */
export function initSaid(glossary) {
  const looked = forms(glossary),
    root = $('.page'),
    watcher = new MutationObserver((news) => {
      for (const one of new Set(news.flatMap(written))) {
        mark(one, looked);
        keep(one);
      }
      watcher.takeRecords();
    });
  for (const one of $$(SENTENCE, root)) {
    mark(one, looked);
    keep(one);
  }
  watcher.observe(root, { childList: true, characterData: true, subtree: true });
}
