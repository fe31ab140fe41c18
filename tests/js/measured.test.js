import assert from 'node:assert/strict';
import { test } from 'node:test';
import { init } from '../../assets/js/compare/engines.js';
import { Measured } from '../../assets/js/compare/measured.js';
import { until } from './waiting.js';

globalThis.document = { createElement: () => ({}) };
init([['here', 'this process', '']]); // the one engine there is

// A view that asks for `now.asked`, on a server that answers with the given news, one a look.
function view(...news) {
  const now = { asked: 'first', drawn: 0, anew: 0, problems: [], far: [] };
  let looks = 0;
  const study = new Measured({
    part: 'map',
    asks: () => now.asked,
    request: () => ({ of: now.asked }),
    draw: (anew) => (now[anew ? 'anew' : 'drawn'] += 1),
    refuse: (problem) => now.problems.push(problem),
    far: (words, share) => now.far.push([words, share]),
    line: {
      start: async () => ({ job: 'a job' }),
      poll: async () => news[Math.min(looks++, news.length - 1)],
      cancel: async () => {},
      pause: 1,
    },
  });
  return { study, now, news };
}
const part = (count, more = {}) => ({ map: `${count} cells`, count, total: 4, ...more });

test('what comes is on show while it comes, and drawn anew only where there is more of it', async () => {
  const { study, now } = view({ waiting: 'second in line' }, part(1), part(1), part(4, { done: true }));
  const begun = study.begin();
  assert.ok(study.busy);
  await begun;
  assert.equal(study.shown.map, '4 cells');
  assert.ok(!study.busy && !study.old && study.took >= 0);
  assert.equal(now.drawn, 1); // the second look found nothing more
  assert.deepEqual(
    now.far.map(([words]) => words),
    ['starting …', 'second in line', '1 of 4 cells', '1 of 4 cells', '4 of 4 cells'],
  );
  assert.equal(now.far.at(-1)[1], 1);
});

test('what was in the way is said, and what had come stays', async () => {
  const { study, now } = view(part(2), part(2, { problem: 'The disk is full.', done: true }));
  await study.begin();
  assert.deepEqual(now.problems, [null, 'The disk is full.']);
  assert.equal(study.shown.map, '2 cells');
  assert.equal(study.took, null); // the time of a part says nothing
});

test('a refusal takes nothing away', async () => {
  const { study, now } = view(part(4, { done: true }), { problem: 'Out of range.' });
  await study.begin();
  now.asked = 'second';
  assert.ok(study.old);
  await study.begin();
  assert.equal(now.problems.at(-1), 'Out of range.');
  assert.equal(study.of, 'first');
  assert.ok(study.old && !study.busy);
});

test('what was measured is there again when it is asked for again', async () => {
  const { study, now } = view(part(4, { done: true }), part(3, { done: true }));
  await study.begin();
  now.asked = 'second';
  assert.ok(!study.back()); // nothing is known of it
  await study.begin();
  assert.equal(study.shown.map, '3 cells');
  now.asked = 'first';
  assert.ok(study.old && study.back());
  assert.equal(study.shown.map, '4 cells');
  assert.ok(!study.old);
});

test('a newer one takes the place of one that runs', async () => {
  const { study, now } = view(part(1), part(4, { done: true }));
  const first = study.begin();
  now.asked = 'second';
  const second = study.begin();
  await Promise.all([first, second]);
  assert.equal(study.of, 'second');
  assert.equal(study.asked, 'second');
  assert.ok(!study.busy);
});

test('one that the reader stops keeps what it has', async () => {
  const { study, now, news } = view(part(1));
  const begun = study.begin();
  await until(() => study.shown);
  study.cancel();
  assert.ok(study.cancelled && study.busy); // until the server says that it has ended
  news.push(part(1, { problem: 'Cancelled.', done: true }));
  await begun;
  assert.ok(!study.busy && study.cancelled);
  assert.equal(study.shown.map, '1 cells');
  assert.equal(now.problems.at(-1), 'Cancelled.');
  now.asked = 'second';
  study.begin();
  assert.ok(!study.cancelled); // a new beginning
});
