import assert from 'node:assert/strict';
import { test } from 'node:test';
import { job, watch } from '../../assets/js/job.js';
import { connect, look, offline } from '../../assets/js/net.js';
import { until } from './waiting.js';

// Jobs on a server that answers with the given news, one a look.
function line(...all) {
  const news = Array.isArray(all[0]) ? all[0] : all,
    said = { cancelled: [], looks: 0, started: 0 };
  const given = {
    start: async () => ({ job: `job ${++said.started}` }),
    poll: async () => news[Math.min(said.looks++, news.length - 1)],
    cancel: async (id) => said.cancelled.push(id),
    pause: 1,
  };
  return { said, given };
}

test('a job is asked about until it is done', async () => {
  const { said, given } = line({ count: 1 }, { count: 2 }, { count: 3, done: true });
  const heard = [];
  const work = job(given);
  const last = await work.run({}, (news) => heard.push(news.count));
  assert.deepEqual(heard, [1, 2]);
  assert.equal(last.count, 3);
  assert.equal(said.looks, 3);
  assert.ok(!work.running());
});

test('a newer job stops the one that runs, which is heard of no more', async () => {
  const news = [{ count: 1 }],
    { said, given } = line(news),
    work = job(given),
    heard = [];
  const first = work.run({}, () => heard.push('first'));
  await until(() => heard.length);
  const second = work.run({}, () => heard.push('second'));
  assert.equal(await first, null);
  assert.deepEqual(said.cancelled, ['job 1']);
  const before = heard.filter((name) => name === 'first').length;
  await until(() => heard.includes('second'));
  assert.equal(heard.filter((name) => name === 'first').length, before);
  news.push({ done: true });
  assert.ok((await second).done);
});

test('a job that was overtaken while it began is stopped on the server', async () => {
  const { said, given } = line({ count: 1, done: true });
  const work = job(given);
  const [first, second] = await Promise.all([work.run({}), work.run({})]);
  assert.equal(first, null);
  assert.equal(second.count, 1);
  assert.deepEqual(said.cancelled, ['job 1']);
});

test('a job that is cancelled before it has a name is stopped when it has one, and the next one is not', async () => {
  const { said, given } = line({ count: 1 }, { count: 1, done: true });
  const work = job(given),
    first = work.run({});
  assert.ok(work.running());
  work.cancel();
  await first;
  assert.deepEqual(said.cancelled, ['job 1']);
  await work.run({});
  assert.deepEqual(said.cancelled, ['job 1']);
});

test('a problem with nothing to show ends it, one with rows waits for the end', async () => {
  const lost = line({ problem: 'gone' });
  assert.equal((await job(lost.given).run({})).problem, 'gone');
  const kept = line({ count: 2, problem: 'cancelled' }, { count: 2, problem: 'cancelled', done: true });
  assert.equal((await job(kept.given).run({})).done, true);
  assert.equal(kept.said.looks, 2);
});

test('a job that cannot begin says why', async () => {
  const { said, given } = line({});
  const work = job({ ...given, start: async () => ({ problem: 'no budget' }) });
  assert.equal((await work.run({})).problem, 'no budget');
  assert.equal(said.looks, 0);
});

test('a watch looks until its pause is null, and knows whether it is on', async () => {
  let looks = 0;
  const again = watch(
    async () => ++looks,
    (seen) => (seen < 3 ? 1 : null),
  );
  await again();
  assert.ok(again.on());
  await until(() => !again.on());
  assert.equal(looks, 3);
});

test('a job waits for a server out of reach, and is begun anew on one that knows nothing of it', async () => {
  let here = true;
  let tries = 0;
  const progress = async () => (++tries, here ? {} : undefined);
  connect({ progress }, { look: 1 });
  const { said, given } = line(
    { count: 1 },
    { problem: 'no answer', gone: true },
    { problem: 'No such job.' },
    { count: 3, done: true },
  );
  const poll = async () => {
    const news = await given.poll();
    if (news.gone) {
      here = false;
      look();
    }
    return news;
  };
  const last = job({ ...given, poll }).run({ kind: 'sweep' });
  await until(() => offline());
  const { looks } = said,
    before = tries;
  await until(() => tries > before + 3);
  assert.equal(said.looks, looks); // nothing is asked meanwhile
  assert.equal(said.started, 1);
  here = true;
  assert.equal((await last).count, 3);
  assert.equal(said.started, 2);
});

test('a job that is still there when the server is back goes on', async () => {
  connect({ progress: async () => ({}) }, { look: 1 });
  const { said, given } = line({ problem: 'no answer', gone: true }, { count: 2 }, { count: 3, done: true });
  assert.equal((await job(given).run({})).count, 3);
  assert.equal(said.started, 1);
});
