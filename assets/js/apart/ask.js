// The steps of the path in ink, taken apart by the server: asked for when the page rests, kept while run and
// path are the same.

import { S, stepAt } from '../state.js';
import { back, call } from '../net.js';

const REST = 250; // ms without another picture or step before it is asked for

let held = { key: '', steps: new Map(), coordinates: 0, note: '', problem: null },
  wanted = null,
  asking = '',
  timer = null;

/** The sample whose steps are taken apart: the one in ink; of data on a line, the first that is drawn. */
export const pathOf = () => {
  const { run, data } = S.parts;
  if (data.kind === 'line') return run.shown[Math.min(S.pick, run.shown.length - 1)];
  return Math.min(S.pick, run.count - 1);
};

const key = () => `${S.parts.run.key} ${pathOf()}`;
const near = (a, b) => Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(a), Math.abs(b));

/** The step under the cursor as the server wrote it, or null while it is not there.
 * @returns {object | null} */
export function stepNow() {
  if (!S.apart || !S.parts.run || held.key !== key()) return null;
  const i = stepAt(S.sigma ?? S.parts.run.sigma[0]),
    step = held.steps.get(i);
  return step && near(step.next, S.parts.run.sigma[i + 1]) ? step : null;
}

/** What is known of the steps on show: {note, problem}. */
export const told = () => (held.key === key() ? held : { note: '', problem: null });

/** Ask for the steps around the cursor once the page rests, unless they are there.
 * @param {string} page its name for the server @param {() => void} came */
export function want(page, came) {
  const now = key(),
    at = stepAt(S.sigma ?? S.parts.run.sigma[0]);
  if (held.key === now && (held.steps.has(at) || held.problem)) return;
  if (asking === `${now} ${at}`) return;
  wanted = { now, at };
  clearTimeout(timer);
  timer = setTimeout(() => ask(page, came), REST);
}

async function ask(page, came) {
  const { now, at } = wanted;
  if (!S.apart || now !== key()) return;
  asking = `${now} ${at}`;
  const answer = await call('anatomy', { values: S.shown, path: pathOf(), at, page });
  asking = '';
  if (answer.stale || now !== key()) return;
  if (answer.gone) return back().then(came); // who paints asks anew
  const steps = held.key === now ? held.steps : new Map();
  for (const step of answer.steps ?? []) steps.set(step.i, step);
  held = { key: now, steps, note: answer.note, coordinates: answer.coordinates, problem: answer.problem ?? null };
  came();
}
