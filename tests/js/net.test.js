import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Views, call, connect, look, lookNow, newest, offline } from '../../assets/js/net.js';
import { S, set } from '../../assets/js/state.js';
import { until } from './waiting.js';

// A server whose answers are given by hand, and a page that notes what it is told.
function desk({ rest = 1 } = {}) {
  const open = [],
    said = { shown: [], lost: [], stopped: 0, rests: [], open: 0, asks: 0, refines: [] };
  const functions = {
    explore: (request) => new Promise((answer) => open.push({ request, answer })),
    progress: async () => ({}),
    cancel: async () => ({}),
  };
  const asker = new Views({
    page: 'p',
    rest,
    busy: (open) => (said.open = open),
    rests: (yes) => said.rests.push(yes),
    show: (message, about) => said.shown.push({ message, about }),
    stopped: () => (said.stopped += 1),
    lost: (sentence) => said.lost.push(sentence),
    asks: () => (said.asks += 1),
    refines: (yes) => said.refines.push(yes),
  });
  connect(functions, { again: 1, look: 1, changed: (gone) => asker.gone(gone) });
  return { open, said, asker, functions };
}
const run = (key, more = {}) => ({ values: {}, parts: { run: { key } }, ...more });

beforeEach(() => set({ parts: {}, values: {} }));

test('while an answer is on its way only the last change waits', async () => {
  const { open, said, asker } = desk();
  for (const nfe of [1, 2, 3]) asker.ask({ values: { nfe } });
  assert.equal(open.length, 1);
  open[0].answer(run('a'));
  await until(() => open.length === 2);
  assert.equal(open[1].request.values.nfe, 3);
  open[1].answer(run('b'));
  await until(() => said.shown.length === 2);
  assert.deepEqual(
    said.shown.map(({ about }) => about.overtaken),
    [true, false],
  );
  assert.equal(S.parts.run.key, 'b');
});

test('the newest question is on its way before an older answer is drawn', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: { nfe: 1 } });
  asker.ask({ values: { nfe: 2 } });
  open[0].answer(run('a'));
  await until(() => said.shown.length === 1);
  assert.equal(open.length, 2);
});

test('a question that lies open is overtaken, and its answer is then not drawn', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: { nfe: 1 } });
  asker.ask({ values: { nfe: 2 } });
  await until(() => open.length === 2); // after its patience
  open[1].answer(run('new'));
  await until(() => said.shown.length === 1);
  open[0].answer(run('old'));
  await until(() => !said.open);
  assert.equal(said.shown.length, 1);
  assert.equal(S.parts.run.key, 'new');
});

test('an answer is joined to what was held when it was asked', async () => {
  const { open, said, asker } = desk();
  set({ parts: { data: { key: 'd' }, error: { key: 'e' } } });
  asker.ask({ values: {} });
  assert.deepEqual(open[0].request.have, { data: 'd', error: 'e' });
  set({ parts: {} });
  open[0].answer(run('a', { drop: ['error'] }));
  await until(() => said.shown.length);
  assert.deepEqual(Object.keys(S.parts), ['data', 'run']);
});

test('what an answer announces is asked for of itself, and yields to a person', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: { nfe: 1 } });
  open[0].answer(run('a', { pending: ['loss'] }));
  await until(() => open.length === 2);
  assert.deepEqual(open[1].request.want, ['loss']);
  asker.ask({ values: { nfe: 2 } }); // does not wait for it
  assert.equal(open.length, 3);
  open[1].answer(run('late', { parts: { loss: { key: 'l' } } }));
  await until(() => said.open === 1);
  assert.equal(said.shown.length, 1);
});

test('what follows of itself takes no sentence away that came meanwhile', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: { nfe: 1 } });
  open[0].answer(run('a', { pending: ['loss'] }));
  await until(() => open.length === 2);
  open[1].answer(run('a', { parts: { loss: { key: 'l' } } }));
  await until(() => said.shown.length === 2);
  assert.deepEqual(
    said.shown.map(({ about }) => about.keep),
    [false, true],
  );
});

test('the exact reference waits until the page is at rest', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { open, said, asker } = desk({ rest: 20 });
  asker.ask({ values: {} });
  open[0].answer(run('a', { pending: ['exact'] }));
  await until(() => said.rests.includes(true));
  t.mock.timers.tick(19);
  assert.equal(open.length, 1);
  t.mock.timers.tick(1);
  assert.equal(open.length, 2);
  assert.equal(open[1].request.want[0], 'exact');
});

test('an answer that the server gave up is not drawn, and says so only if the reader stopped it', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: {} });
  open[0].answer({ stale: true });
  await until(() => said.stopped === 1);
  assert.equal(said.shown.length, 0);
});

test('a view without an answer is asked once more', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: {} });
  open[0].answer(undefined);
  await until(() => open.length === 2);
  open[1].answer(run('a'));
  await until(() => said.shown.length === 1);
  assert.deepEqual(said.lost, []);
});

test('a server out of reach is said, looked for, and asked for what it owes when it is back', async () => {
  const { open, said, asker, functions } = desk();
  let here = false;
  functions.progress = async () => (here ? {} : undefined);
  asker.ask({ values: { nfe: 7 } });
  open[0].answer(undefined);
  await until(() => open.length === 2);
  open[1].answer(undefined);
  await until(() => said.lost.length === 2);
  assert.match(said.lost[1], /out of reach/);
  assert.ok(offline());
  here = true;
  await until(() => open.length === 3);
  assert.equal(open[2].request.values.nfe, 7);
  assert.equal(said.lost.at(-1), null);
  assert.ok(!offline());
});

test('a call without an answer is a problem in words; what may be done twice is tried again', async () => {
  let times = 0;
  connect({ ask: async () => (++times < 3 ? undefined : { fine: true }), progress: async () => ({}) }, { again: 1 });
  assert.match((await call('ask', {})).problem, /did not answer/);
  assert.deepEqual(await call('ask', {}, 2), { fine: true });
  assert.equal(times, 3);
  await look();
});

test('further paths follow the settled error at once, as a refinement that yields to a person', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: { nfe: 1 } });
  open[0].answer(run('a', { pending: ['exact'] }));
  await until(() => open.length === 2);
  open[1].answer(run('a', { parts: { error: { key: 'e' } }, pending: ['more'] }));
  await until(() => open.length === 3);
  assert.deepEqual(open[2].request.want, ['more']);
  asker.ask({ values: { nfe: 2 } }); // does not wait for it
  assert.equal(open.length, 4);
  open[2].answer(run('late', { parts: { error: { key: 'more' } } }));
  await until(() => said.open === 1);
  assert.deepEqual(
    said.shown.map(({ about }) => about.exact),
    [false, true],
  );
  assert.equal(S.parts.error.key, 'e');
});

test('what is on its way at rest is said, and ends with its answer', async () => {
  const { open, said, asker } = desk();
  asker.ask({ values: { nfe: 1 } });
  assert.deepEqual([said.asks, said.refines], [1, []]);
  open[0].answer(run('a', { pending: ['exact'] }));
  await until(() => open.length === 2);
  assert.deepEqual([said.asks, said.refines], [1, [true]]);
  open[1].answer(run('a'));
  await until(() => said.shown.length === 2);
  assert.deepEqual(said.refines, [true, false]);
});

test('a server that is gone is looked for less and less often, and at once when the reader says so', async () => {
  const pauses = [];
  let here = false;
  connect({ progress: async () => (here ? {} : undefined) }, { look: 1, looks: (ms) => pauses.push(ms) });
  const back = look();
  await until(() => pauses.length > 5);
  here = true;
  await back;
  assert.deepEqual(pauses.slice(0, 6), [1, 2, 4, 8, 15, 15]);
  here = false;
  connect({ progress: async () => (here ? {} : undefined) }, { look: 1e6, looks: (ms) => pauses.push(ms) });
  const again = look();
  await until(() => pauses.at(-1) === 1e6);
  here = true;
  await until(() => {
    lookNow();
    return !offline();
  });
  await again;
});

test('nothing is sent to a server that is known to be gone, so that nothing of it arrives late', async () => {
  let here = false,
    begun = 0,
    greeted = 0;
  connect(
    { progress: async () => (here ? {} : undefined), begin: async () => (begun += 1) },
    { look: 1, greet: async () => (greeted += 1) },
  );
  const there = look();
  await until(() => offline());
  assert.ok((await call('begin')).gone);
  here = true;
  await there;
  assert.deepEqual([begun, greeted], [0, 1]);
  assert.equal(await call('begin'), 1);
});

test('of a question that is asked again the newest answer alone is heard, and the newest failure', async () => {
  const open = [];
  const ask = newest((of) => new Promise((answer, fail) => open.push({ of, answer, fail })));
  const [first, second, third, fourth] = [ask(1), ask(2), ask(3), ask(4)];
  open[3].answer('d');
  open[1].fail(new Error('lost'));
  open[0].answer('a');
  open[2].answer('c');
  assert.deepEqual(await Promise.all([first, second, third, fourth]), [null, null, null, 'd']);
  const fifth = ask(5);
  open[4].fail(new Error('lost'));
  await assert.rejects(fifth, /lost/);
});
