// Where the paper's headline of 5 evaluations stands here: one line, opened a paragraph.

import { call } from '../net.js';
import { $ } from '../state.js';

let asked = false;

/** Fetched once, when the page is first on show; a call that got lost is made again at the next. */
export async function standing() {
  if (asked) return;
  asked = true;
  const news = await call('amed_headline');
  asked = !news.gone;
  if (news.problem) return;
  $('#amed-standing summary').textContent = `${news.summary}.`;
  $('#amed-standing p').textContent = [news.quote, ...news.said].join(' ');
  $('#amed-standing').hidden = false;
}
