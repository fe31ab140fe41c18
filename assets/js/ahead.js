// The page does not wait for Gradio, whose scripts begin once the first view is drawn.  What Gradio's page says
// of itself has all that it takes: the first view is asked for from the link, and whoever asks for just that
// afterwards is given its answer; the page is put up where it can be seen, and moves into Gradio's component
// when that is there.

import { id } from './answers.js';
import { restOf } from './address.js';
import { knowLessons } from './lessons/link.js';
import { whole } from './net.js';
import { knowStrips } from './strips/strips.js';

const NAME = 'explorer'; // of Gradio's component that holds the page
const SESSION = 'ahead'; // Gradio's own is not begun yet, and nothing here hangs on it
const LONGEST = 3000; // ms that Gradio waits for a first view
let asked = null; // {words, answer}: what was sent, and what will come of it

/** The pages of these names. @param {string[]} names */
export const pagesOf = async (names) =>
  (await Promise.all(names.map((name) => import(`./pages/${name}.js`)))).map(({ page }) => page);

// Gradio's component for the page, as Gradio's page describes it.
const described = () => window.gradio_config?.components?.find(({ props }) => props?.elem_id === NAME);

/** Ask for the first view. */
export async function askAhead() {
  const part = described();
  if (!part?.props.props?.config) return;
  const config = JSON.parse(part.props.props.config);
  knowLessons(config.lessons.all);
  knowStrips(config.explore.strips);
  const { rest, design } = restOf(location.search, await pagesOf(config.pages), Object.keys(config.designs));
  const request = whole({ query: rest }, { page: id, id: 1, design, full: [] });
  asked = { words: JSON.stringify(request), answer: post(part.id, 'explore', request) };
}

async function post(part, name, data) {
  const body = JSON.stringify({ data, component_id: part, fn_name: name, session_hash: SESSION }),
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

/** The page put up before Gradio: what its component would hand over, and `taken(element, given)`, which moves
 * the page into that component.  Null where Gradio's scripts begin at once. */
export async function putUp() {
  const part = described(),
    scripts = document.querySelector('script[data-gradio]');
  if (!scripts) return null;
  const entry = new URL(scripts.dataset.gradio, document.baseURI).href;
  await parsed();
  try {
    if (part?.props.html_template) return put(part, entry);
  } catch (error) {
    console.error('The page waits for Gradio:', error);
  }
  import(entry); // a page without ours, such as the one to sign in, or one that Gradio describes otherwise
  return null;
}

function put(part, entry) {
  const place = Object.assign(document.createElement('main'), { id: 'ahead', innerHTML: part.props.html_template }),
    page = place.firstElementChild,
    server = Object.fromEntries(part.props.server_fns.map((name) => [name, (data) => post(part.id, name, data)]));
  place.className = `gradio-container gradio-container-${window.gradio_config.version.replaceAll('.', '-')}`;
  part.props.html_template = ''; // the page is there once
  document.body.prepend(place);
  const later = new Promise((done) => setTimeout(done, LONGEST));
  let begin;
  const component = new Promise((done) => (begin = done));
  return {
    props: part.props.props,
    server,
    upload: async (file) => (await component).upload(file),
    /** Gradio's scripts begin, after the picture that is drawn now. @param {Promise<any>} drawn */
    gradio: (drawn) => Promise.race([drawn, later]).finally(() => painted(() => import(entry))),
    taken(element, given) {
      // with what is focused, scrolled or unfolded in it, where a browser can
      element.moveBefore ? element.moveBefore(page, null) : element.append(page);
      place.remove();
      begin(given);
    },
  };
}

const parsed = () =>
  document.readyState !== 'loading' || new Promise((done) => document.addEventListener('DOMContentLoaded', done));
const painted = (then) => requestAnimationFrame(() => setTimeout(then));
