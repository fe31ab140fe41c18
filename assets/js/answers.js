// What the page makes of an answer: the state first, then what is drawn, then what is said.

import { $, S, receive, set } from './state.js';
import { GONE, LOST, OFFLINE, Views, call } from './net.js';
import { writeControls, writeWords } from './controls/rows.js';
import { renewPin } from './pin.js';
import { worstLevel } from './cursor.js';
import { ahead, marked, wants, wentBack } from './standing/failed.js';
import { drawMarks, mark, unfoldMarks } from './standing/fields.js';

const CANCELLED = 'Cancelled. Change a setting to measure again.';
const MEASURING = 'Measuring …'; // the server's word for what comes next
const REST = window.explorerRest ?? 600; // ms without a change before the exact reference is asked for
const LATE = 250; // ms after a change without an answer until the page says so
/** Of this page, among those of the server. */
export const id = crypto.randomUUID?.() ?? String(Math.random());
/** Slider to pixels in ms, for the bench. */
export const times = [];

// draw(everything); changed(message, first, overtaken); said(): another state, the same picture; address(): the view
// has another link; home(): where notices go
let page = null;
let said = 0, // when the reader was last told something in a notice
  drawn = 0,
  drawing = 0; // pictures on their way to the screen

export const asker = new Views({
  page: id,
  rest: REST,
  busy,
  rests: (yes) => (yes ? (document.body.dataset.resting = '1') : delete document.body.dataset.resting),
  show,
  stopped,
  lost,
  asks,
  refines,
});

/** The view that the controls describe, asked for. */
export const askNow = () => asker.ask({ values: { ...S.values } });

let written = false; // the view of the next answer is a link's
/** The view of a link: what it says of the stage holds for the new data. @param {string} query */
export function askLink(query) {
  written = true;
  asker.ask({ query });
}

/** A part of a slow network measured fully, or with “run” all samples that were asked for. */
export function askFully(part) {
  const full = [...new Set([...S.full, part])],
    values = { ...S.shown };
  if (part === 'run') return asker.ask({ values, full });
  set({ full });
  asker.ask({ values, want: [part] }, undefined, true);
}

const span = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

export function initAnswers(given) {
  page = given;
  $('#cancel').onclick = () => asker.cancel();
  $('#problem button').onclick = () => problem(null);
}

// `overtaken`: a newer question is asked or waits, so the controls are ahead of this answer.
// `held`: the parts on show before it.
// `opening`: of a network that was just opened.
function show(message, { since, keep, exact, overtaken, held, opening }) {
  arrived();
  if (message.problem) return refused(message, opening && !overtaken, overtaken || keep);
  if (!keep && !exact && since > said) problem(null); // what the reader was told before they acted
  if (!keep && !exact) set({ wants: null });
  if (!keep) set({ refusal: message.refusal ?? null });
  const first = !held.run;
  set({
    values: overtaken ? S.values : message.values,
    shown: message.values,
    cut: message.cut ?? null,
    query: message.query,
    predictors: message.predictors ?? [],
    states: message.states,
  });
  if (!overtaken) {
    writeControls();
    renewPin();
  } else asks();
  writeWords(message.words);
  settle(held.data?.key);
  written &&= overtaken;
  page.draw(false);
  page.changed(message, first, overtaken);
  missed(message.wrong);
  if (exact) return; // a refinement is the same view, and no answer to anything the reader did
  page.address();
  document.body.dataset.drawing = String(++drawing);
  requestAnimationFrame(() =>
    setTimeout(() => {
      times.push(performance.now() - since);
      document.body.dataset.drawn = String(++drawn);
      document.body.dataset.drawing = --drawing || '';
    }, 0),
  );
}

// What was still to come will not: a draft stays one, and no part waits for good.
// A network that fails leaves the controls on the one that works.
function refused(message, opening, beside) {
  set({ wants: null });
  if (!beside && !message.refusal && S.parts.run && failed(message)) return;
  const why = message.problem,
    open = waiting();
  if (opening && S.parts.run) {
    set({ values: S.shown });
    writeControls();
  }
  set({ refusal: message.refusal ?? null });
  if (S.refusal && S.parts.run && S.page === 'explore') told();
  else problem(why, message);
  if (!open.length) return;
  give(open, 'refused', why);
  const { run } = S.parts;
  if (run?.first) receive(S.parts, { run: { ...run, first: why } });
  if (run) page.draw(false);
}

// A change that failed: it is said where it was made, and everything else goes on.
function failed(message) {
  if (marked(message)) {
    writeControls();
    unfoldMarks();
    told();
    if (ahead()) askNow();
    return true;
  }
  if (wants()) {
    set({ wants: message.problem });
    told();
    return true;
  }
  if (!wentBack().length) return false;
  writeControls();
  page.said();
  problem(message.problem);
  if (ahead()) askNow();
  return true;
}

// What a link asked for in vain: the rest of it holds.
function missed(wrong) {
  if (!wrong) return;
  for (const [key, { given, why }] of Object.entries(wrong)) mark(key, given, why);
  drawMarks();
  unfoldMarks();
  problem(`${Object.values(wrong)[0].why} The rest of the link holds.`);
}

// The parts that are still to come, and what is said of them where they will not.
const waiting = () => Object.entries(S.states).filter(([, of]) => of.state === 'draft' || of.why === MEASURING);
const give = (open, state, why) =>
  set({ states: { ...S.states, ...Object.fromEntries(open.map(([part]) => [part, { state, why }])) } });

// View, path in ink and cursor, where the new data or run have no place for the old ones.
function settle(before) {
  const { data, run, path, error } = S.parts;
  if (data.key !== before && before && !written) {
    set({ picked: false, pick: 0 });
    if (S.view !== 'draw' || data.kind !== 'plane') set({ view: S.view === 'strip' ? 'strip' : 'fit' });
  }
  if (S.values.data !== 'drawn' && S.view === 'draw') set({ view: 'fit' });
  if (!S.picked) set({ pick: path?.hero ?? 0 });
  if (S.sigma == null) set({ settling: true, sigma: error ? worstLevel() : run.sigma[0] });
  set({ sigma: Math.min(Math.max(S.sigma, 1e-9), run.sigma[0]) });
}

// A request that the reader stopped, and not a newer one: what is on show stays, and says so.
function stopped() {
  arrived();
  page.said();
  const open = waiting().filter(([part]) => !S.parts[part]);
  set({ full: [] });
  if (!S.parts.run || (S.parts.error && !open.length)) return;
  give(open, 'absent', CANCELLED);
  if (!S.parts.error) receive(S.parts, { error: { why: CANCELLED } });
  page.draw(false);
}

// The server has not answered, or (null) is back: the picture below is not of the settings.
function lost(sentence) {
  const known = [GONE, LOST, OFFLINE].includes($('#problem-text').textContent);
  if (sentence !== LOST) arrived();
  if (sentence === OFFLINE && S.page === 'explore' && S.parts.run) {
    if (known) problem(null);
    told();
  } else if (sentence) problem(sentence);
  else if (known) problem(null);
}

// The headline says it, as a notice would.
function told() {
  page.said();
  document.body.dataset.drawn = String(++drawn);
}

// ---- what the headline says of the time until an answer --------------------------------------------

let late = null;
// The reader wants another view: after a while without it, what is on show is of former settings.
function asks() {
  late ??= setTimeout(() => {
    set({ late: true });
    page.said();
  }, LATE);
}

function arrived() {
  clearTimeout(late);
  late = null;
  if (S.late) set({ late: false });
}

function refines(yes) {
  set({ refining: yes ? {} : null });
  if (yes) page.said();
}

/** The server went out of reach, or is back.
 * @param {boolean} gone */
export function reaches(gone) {
  set({ gone: gone ? { since: new Date().toTimeString().slice(0, 5), next: S.gone?.next ?? Date.now() } : null });
  asker.gone(gone);
  if (S.parts.run) page.said();
}

/** @param {number} ms until the server is looked for again */
export function looks(ms) {
  set({ gone: { since: new Date().toTimeString().slice(0, 5), ...S.gone, next: Date.now() + ms } });
}

/** A sentence beside the figure; the last good picture stays.
 * @param {string | null} sentence @param {object} [message] the answer that brought it */
export function problem(sentence, message) {
  const bar = $('#problem');
  page.home().append(bar); // where it can be seen
  bar.hidden = !sentence;
  said = performance.now();
  $('#problem-text').textContent = sentence ?? '';
  if (message && !S.parts.run) {
    // a link with nonsense opens the default view
    set({ design: 'edm' });
    asker.ask({ query: '' }, undefined, true);
  }
  if (sentence) document.body.dataset.drawn = String(++drawn);
}

// How far the newest question is, once it takes long.
let slow = null,
  open = 0;
function busy(flying) {
  open = flying;
  document.body.dataset.asking = flying || '';
  clearInterval(slow);
  $('#progress').hidden = true;
  if (!flying) return;
  const started = performance.now();
  let pause = 0; // looks left out: a place in a queue is told less often than steps
  const mine = setInterval(async () => {
    if (!open || (!S.refining && performance.now() - started < 700) || pause-- > 0) return;
    const p = await call('progress', id);
    pause = p.waits ? 2 : 0;
    if (!open || mine !== slow || p.gone) return; // of a question before
    if (S.refining) {
      set({ refining: p }); // in the headline
      return page.said();
    }
    $('#progress').hidden = false;
    const left = p.left >= 1 ? `, about ${span(p.left)} left` : '';
    const far = p.total ? `${p.what}: ${p.done} of ${p.total}${left}` : 'Working …';
    $('#progress-text').textContent = p.waits ?? far; // its place among those who wait, and about how long
    $('#progress progress').value = p.total ? p.done / p.total : 0;
  }, 300);
  slow = mine;
}
