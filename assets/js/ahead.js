// The first view is asked for while Gradio's scripts are still starting, from the link and from what Gradio's
// page says of itself; whoever asks for just that afterwards is given its answer.

import { id } from './answers.js';
import { restOf } from './address.js';
import { knowLessons } from './lessons/link.js';
import { whole } from './net.js';
import { knowStrips } from './strips/strips.js';

const NAME = 'explorer'; // of Gradio's component that holds the page
const SESSION = 'ahead'; // Gradio's own is not begun yet, and nothing here hangs on it
let asked = null; // {words, answer}: what was sent, and what will come of it

/** The pages of these names. @param {string[]} names */
export const pagesOf = async (names) =>
  (await Promise.all(names.map((name) => import(`./pages/${name}.js`)))).map(({ page }) => page);

/** Ask for the first view; `told` is what Gradio's page says of itself. */
export async function askAhead(told = window.gradio_config) {
  const part = told?.components?.find(({ props }) => props?.elem_id === NAME);
  if (!part?.props.props?.config) return;
  const config = JSON.parse(part.props.props.config);
  knowLessons(config.lessons.all);
  knowStrips(config.explore.strips);
  const { rest, design } = restOf(location.search, await pagesOf(config.pages), Object.keys(config.designs));
  const request = whole({ query: rest }, { page: id, id: 1, design, full: [] });
  asked = { words: JSON.stringify(request), answer: post(part.id, request) };
}

async function post(part, data) {
  const body = JSON.stringify({ data, component_id: part, fn_name: 'explore', session_hash: SESSION }),
    headers = { 'Content-Type': 'application/json' };
  try {
    const answer = await fetch('./gradio_api/component_server/', { method: 'POST', body, headers });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** The server's function, which a question that was sent already does not reach a second time.
 * @param {(request: any) => Promise<any>} explore */
export const unasked = (explore) => (request) => {
  const before = asked;
  asked = null;
  return before?.words === JSON.stringify(request) ? before.answer : explore(request);
};
