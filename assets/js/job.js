// Long work of the server's: begun, asked about until it has ended, and stopped.

import { back, call } from './net.js';

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const TRIES = 3; // a look that got lost is no reason to give the work up

const USUAL = {
  start: (request) => call('job_start', request),
  poll: (id) => call('job_poll', { job: id }, TRIES),
  cancel: (id) => call('job_cancel', { job: id }),
  ended: (news) => news.done || (news.problem && !news.count),
  pause: 200,
};

/** One job at a time; a newer one takes the place of one that runs.  While the server is out of reach a job
 * waits for it, and is begun anew on one that was started again and knows nothing of it.
 *
 * `run` resolves to the last news ({ problem } where the job could not begin or was lost), or to null when a
 * newer job has taken its place; until then `begun` hears its name, and `hear` what there is so far.
 * @param {{start?: Function, poll?: Function, cancel?: Function, ended?: Function,
 *   pause?: number}} [given] */
export function job(given = {}) {
  const { start, poll, cancel, ended, pause } = { ...USUAL, ...given };
  let turn = 0,
    id = null;

  async function run(request, hear = () => {}, begun = () => {}) {
    const mine = ++turn;
    if (id != null) await cancel(id);
    if (mine !== turn) return null;
    const answer = await start(request);
    if (mine !== turn) {
      if (answer.job) cancel(answer.job);
      return null;
    }
    id = answer.job ?? null;
    if (id == null) return answer;
    begun(id);
    return attend(mine, hear, () => run(request, hear, begun));
  }

  async function attend(mine, hear, anew) {
    let away = false;
    for (;;) {
      const news = { ...(await poll(id)), job: id };
      if (mine !== turn) return null;
      if (news.gone) {
        away = true;
        await back(pause); // the work may well be there then
        continue;
      }
      if (away && anew && news.problem && !news.count) return anew();
      away = false;
      if (ended(news)) {
        id = null;
        return news;
      }
      hear(news);
      await wait(pause);
      if (mine !== turn) return null;
    }
  }

  /** Begun before, such as by this page before it was loaded anew: attended to as by `run`. */
  function take(name, hear = () => {}) {
    id = name;
    return attend(++turn, hear);
  }
  return { run, take, running: () => id != null, cancel: () => id != null && cancel(id) };
}

/** Looks again and again, one look at a time; `pause(answer)` says in how many ms, null ends it.  Whoever
 * calls what this returns looks at once.
 * @param {() => Promise<any>} look @param {(answer: any) => number | null} pause */
export function watch(look, pause) {
  let timer = null;
  async function again() {
    clearTimeout(timer);
    const answer = await look();
    clearTimeout(timer);
    const ms = pause(answer);
    timer = ms == null ? null : setTimeout(again, ms);
  }
  return Object.assign(again, { on: () => timer != null });
}
