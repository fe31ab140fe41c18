// The AMED page's bar: how far a training or a table is, or why there is none.

import { $ } from '../state.js';

/** @param {{done?: boolean, count?: number, total?: number, waiting?: string, problem?: string}} news */
export function progress({ done, count, total, waiting, problem }) {
  const bar = $('#amed-progress progress');
  $('#amed-progress').hidden = bar.hidden = $('#amed-cancel').hidden = false;
  bar.value = done ? 1 : count / Math.max(total, 1);
  said(problem ?? waiting ?? `${count} of ${total}`);
}

/** @param {string} sentence beside the bar */
export function said(sentence) {
  $('#amed-progress span').textContent = sentence;
}

/** @param {string} sentence in place of the bar */
export function instead(sentence) {
  $('#amed-progress').hidden = false;
  $('#amed-progress progress').hidden = true;
  $('#amed-cancel').hidden = true;
  said(sentence);
}
