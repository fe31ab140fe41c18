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

// The news of a job, once the server is there, and whether it was out of reach; `wanted`: as long as this holds.
async function heard(id, poll, pause, wanted) {
  for (let away = false; ; away = true) {
    const news = { ...(await poll(id)), job: id };
    if (!news.gone || !wanted()) return { news, away };
    await back(pause); // the work may well be there then
  }
}

/** One job at a time; a newer one takes the place of one that runs.  While the server is out of reach a job
 * waits for it, and is begun anew on one that was started again and knows nothing of it.
 *
 * `run` resolves to the last news ({ problem } where the job could not begin or was lost), or to null when a
 * newer job has taken its place; until then `begun` hears its name, and `hear` what there is so far.  A job that
 * is cancelled before it has a name, or while the server is out of reach, is as soon as it can be.
 * @param {{start?: Function, poll?: Function, cancel?: Function, ended?: Function,
 *   pause?: number}} [given] */
export function job(given = {}) {
  const { start, poll, cancel, ended, pause } = { ...USUAL, ...given };
  let [turn, id, stop] = [0, null, false]; // id: empty while a job begins

  async function run(request, hear = () => {}, begun = () => {}) {
    const mine = ++turn,
      before = id;
    [id, stop] = ['', false];
    if (before) await cancel(before);
    if (mine !== turn) return null;
    const answer = await start(request);
    if (mine !== turn) {
      if (answer.job) cancel(answer.job);
      return null;
    }
    id = answer.job ?? null;
    if (id == null) return answer;
    begun(id);
    if (stop) cancel(id);
    return attend(mine, hear, () => run(request, hear, begun));
  }

  async function attend(mine, hear, anew) {
    for (;;) {
      const { news, away } = await heard(id, poll, pause, () => mine === turn);
      if (mine !== turn) return null;
      if (away && stop) cancel(id);
      else if (away && anew && news.problem && !news.count) return anew();
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
    [id, stop] = [name, false];
    return attend(++turn, hear);
  }
  const halt = () => {
    stop = true;
    if (id) cancel(id);
  };
  return { run, take, running: () => id != null, cancel: halt };
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
