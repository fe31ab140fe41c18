// What the server makes of the settings on show: a card, Python, citations, tables, samples and paths.

import { S } from '../state.js';
import { viewQuery } from '../address.js';
import { call } from '../net.js';
import { copyText } from '../help.js';
import { saveAs, unpacked } from './file.js';

const MOVED = 'The settings moved on; ask again.';

/** The answer, or a sentence why there is none. @param {string} what @param {object} [more] */
async function made(what, more = {}) {
  const answer = await call('leave', { what, values: { ...S.values }, link: viewQuery(), ...more });
  return answer.problem ? answer.problem : answer.stale ? MOVED : answer;
}

/** Saves what the server makes; resolves to a sentence where it makes nothing.
 * @param {string} what @param {'json' | 'csv' | 'npz'} ending @param {object} [more] */
export async function save(what, ending, more) {
  const answer = await made(what, more);
  if (typeof answer === 'string') return answer;
  saveAs(`${answer.name} ${more?.of ?? what}`, ending, answer.bytes ? unpacked(answer.bytes) : answer.text);
}

/** Copies a text that the server makes; the sentence says that it is copied, or why not. @param {string} what */
export async function copied(what) {
  const answer = await made(what);
  if (typeof answer === 'string') return answer;
  await copyText(answer.text);
  return 'Copied.';
}
