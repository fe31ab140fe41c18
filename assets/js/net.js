// The one way to the server.  `call` is for single answers; Views asks for the view on show, where the
// newest values win: while an answer is on its way only the last change waits, and an answer to an older
// question is never drawn.

import { S, receive, set } from './state.js';

export const GONE = 'The server did not answer; try again.';
const SAID = 'The picture below is the last one that worked';
export const LOST = `The server did not answer. ${SAID}; change a setting to try again.`;
export const OFFLINE = `The server did not answer: it is out of reach. ${SAID}; the settings follow when it is back.`;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = {
  functions: {},
  again: 250,
  look: 2000,
  gone: false,
  heard: -Infinity, // when it last answered
  changed: () => {},
  looks: () => {},
  greet: async () => {},
};
const LONGEST = 15; // first pauses between two looks for a server that is gone
const SILENT = 8000; // ms without a word to the cheapest question: it is gone
const BETTER = ['exact', 'more']; // what is asked for at rest, of the same view

/** Which functions there are; `again`, `look`: ms until a question is asked once more, and between looks
 * for a server that is gone, twice as long each time; `changed`: hears when it goes and when it comes back;
 * `looks`: in how many ms it is looked for again; `greet`: a first word with a server that is back.
 * @param {Record<string, (request: any) => Promise<any>>} functions
 * @param {{again?: number, look?: number, greet?: () => Promise<any>,
 *   changed?: (gone: boolean) => void, looks?: (ms: number) => void}} [given] */
export function connect(functions, given = {}) {
  Object.assign(server, { functions, gone: false }, given);
}

/** The same functions, reached another way. @param {typeof server.functions} functions */
export const through = (functions) => Object.assign(server, { functions });

/** Whether the server is known to be out of reach. */
export const offline = () => server.gone;
/** When the server last answered, as performance.now() has it. */
export const heard = () => server.heard;

// A server function that fails resolves to nothing.
async function once(name, request) {
  try {
    const answer = await server.functions[name](request);
    if (answer != null) server.heard = performance.now();
    return answer;
  } catch {
    return null;
  }
}

/** An answer of the server, or { problem, gone } where there is none.  `tries`: more than one only for what
 * changes nothing when it is done twice.  While the server is known to be gone nothing is sent: what would
 * reach it late is no longer what the reader sees.
 * @param {string} name @param {any} [request] @param {number} [tries] */
export async function call(name, request = {}, tries = 1) {
  for (let left = server.gone ? 0 : tries; left > 0; left--) {
    const answer = await once(name, request);
    if (answer != null) {
      reached(true);
      return answer;
    }
    if (left > 1) await wait(server.again);
  }
  look();
  return { problem: GONE, gone: true };
}

/** A question of which the newest answer alone is heard: null, where it has been asked again meanwhile.
 * @template {any[]} G, A @param {(...given: G) => Promise<A>} ask @returns {(...given: G) => Promise<A | null>} */
export function newest(ask) {
  let turn = 0;
  return async (...given) => {
    const mine = ++turn;
    try {
      const answer = await ask(...given);
      return mine === turn ? answer : null;
    } catch (error) {
      if (mine === turn) throw error;
      return null;
    }
  };
}

function reached(yes) {
  if (server.gone !== yes) return;
  server.gone = !yes;
  server.changed(server.gone);
}

// One question failed, or all would: the cheapest one tells, and is asked until it is answered.
let looking = false,
  found = Promise.resolve(),
  wake = () => {};
export const look = () => (looking ? found : (found = lookOut()));
/** Resolves once the server is there, which it may be now.  pause: ms before one looks, for who would ask at
 * once again. */
export const back = async (pause = 0) => {
  await wait(pause);
  await found;
};

async function lookOut() {
  looking = true;
  for (let tries = 0; (await soon(once('progress', ''))) == null; tries++) {
    const pause = server.look * Math.min(2 ** tries, LONGEST);
    server.looks(pause);
    reached(false);
    await new Promise((done) => {
      const timer = setTimeout(done, pause);
      wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
  await server.greet().catch(() => {});
  looking = false;
  reached(true);
}

// An answer that comes in time, or nothing.
async function soon(answer) {
  let timer;
  const late = new Promise((done) => (timer = setTimeout(done, SILENT)));
  const first = await Promise.race([answer, late]);
  clearTimeout(timer);
  return first;
}

/** Look for a server that is gone at once. */
export const lookNow = () => wake();

// ---- views ----------------------------------------------------------------------------------------

const PATIENCE = 120; // ms at rest after which a question still open is overtaken

// Whether a question is of a network that was just opened, which one question is.
function opens({ want }) {
  const opening = S.opening && !want;
  if (opening) set({ opening: false });
  return opening;
}

/** A question as it is sent: what is asked for, by which page as its which, and what that holds already.
 * @param {object} request @param {{page: string, id: number, design: string, full: string[], have?: object,
 *   opening?: boolean}} about */
export const whole = (request, { page, id, design, full, have = {}, opening = false }) => ({
  ...request,
  have,
  page,
  id,
  design,
  full,
  opening,
});

/** Who asks for views.
 *
 * `busy(flying)` hears how many questions are open, `rests(yes)` whether something is still to come at rest;
 * `show(message, about)` draws an answer, about: {since, keep, exact, overtaken, held, opening}; `stopped()` that the
 * newest question was stopped by the reader; `lost(sentence)` that it has no answer, and null when the
 * server is back; `asks()` that the reader wants another view, `refines(yes)` that a better error is on
 * its way.  `rest`: ms without a change before the exact reference is asked for. */
export class Views {
  #page;
  #asked = 0;
  #newest = 0;
  #waiting = null;
  #flying = 0;
  #overtake = null;
  #missed = null; // the question that a server out of reach has not answered
  // what follows of itself (more samples, measures, the exact reference) yields to anything a person does
  #refining = 0;
  #idle = null;

  /** @param {{page: string, rest: number, busy: Function, rests: Function, show: Function,
   *   stopped: Function, lost: Function, asks?: Function, refines?: (yes: boolean) => void}} page */
  constructor(page) {
    this.#page = page;
  }

  /** Ask for the view that the controls describe.  `since`: when the person acted; `keep`: the sentence
   * on show is not answered by this. */
  ask(request, since = performance.now(), keep = false) {
    clearTimeout(this.#idle);
    this.#waiting = { ...request, since, keep };
    if (!request.want) set({ full: request.full ?? [] });
    this.#page.rests(false);
    if (!request.want) this.#page.asks?.();
    if (this.#flying === this.#refining) return this.#send();
    clearTimeout(this.#overtake);
    this.#overtake = setTimeout(() => {
      if (this.#waiting) this.#send();
    }, PATIENCE);
  }

  /** The first question of a page: resolves when its answer is drawn. */
  first(request) {
    this.#waiting = { ...request, since: performance.now() };
    return this.#send();
  }

  /** What is asked for is no longer wanted. */
  cancel() {
    this.#waiting = this.#missed = null;
    call('cancel', this.#page.page);
  }

  /** The server has gone, or is back: what it owes is asked for again. */
  gone(away) {
    if (away) return this.#page.lost(OFFLINE);
    const { since, ...question } = this.#missed ?? {};
    this.#page.lost(null);
    if (since != null) this.ask(question, since, question.keep);
  }

  async #send() {
    const question = this.#waiting,
      { since, keep, ...request } = question;
    this.#waiting = this.#missed = null;
    const id = ++this.#asked,
      exact = BETTER.includes(request.want?.[0]),
      follows = request.want ? 1 : 0,
      opening = opens(request);
    if (exact) this.#page.refines?.(true);
    this.#fly(1, follows);
    // what is not sent again is as it was when this was asked, whatever an answer in between has brought
    const held = { ...S.parts },
      have = Object.fromEntries(Object.entries(held).map(([k, p]) => [k, p.key]));
    const about = { page: this.#page.page, id, design: S.design, full: S.full, have, opening };
    const message = await this.#answered(whole(request, about), id);
    const wanted = message && !message.stale && id > this.#newest && (id === this.#asked || !follows);
    const overtaken = id < this.#asked || Boolean(this.#waiting);
    if (wanted && !message.problem) receive(held, message.parts, message.drop);
    if (exact && id === this.#asked) this.#page.refines?.(false);
    this.#fly(-1, -follows); // the server is at the next one while this is drawn
    if (!overtaken) this.#unanswered(message, question);
    if (!wanted) return;
    this.#newest = id;
    this.#page.show(message, { since, keep, exact, overtaken, held, opening });
    if (!message.problem && !overtaken) this.#follow(message.pending, since);
  }

  #fly(by, follows) {
    this.#flying += by;
    this.#refining += follows;
    if (by < 0 && this.#waiting && this.#flying === this.#refining) this.#send();
    this.#page.busy(this.#flying);
  }

  // An answer, asked for once more if there is none and nothing newer is wanted.
  async #answered(request, id) {
    const old = () => id < this.#asked || this.#waiting;
    const first = await once('explore', request);
    if (first != null) reached(true);
    if (first != null || old()) return first;
    await wait(server.again);
    return old() ? null : once('explore', request);
  }

  // The newest question has no answer, or one that the server gave up: the reader stopped it.
  #unanswered(message, question) {
    if (message?.stale) this.#page.stopped();
    if (message) return;
    this.#page.lost(server.gone ? OFFLINE : LOST);
    this.#missed = question;
    look();
  }

  // What the answer announces: at once, or at rest if it is the exact reference.  A sentence that has come
  // meanwhile, such as a refused upload's, is not answered by it.
  #follow(pending, since) {
    if (!pending?.length) return;
    const more = { values: { ...S.values }, want: pending };
    if (pending[0] !== 'exact') return this.ask(more, since, true);
    clearTimeout(this.#idle);
    this.#page.rests(true);
    this.#idle = setTimeout(() => this.ask(more, since, true), this.#page.rest);
  }
}
