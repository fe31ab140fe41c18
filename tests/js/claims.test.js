import assert from 'node:assert/strict';
import { test } from 'node:test';
import { body, counted, formula, kept, summary } from '../../assets/js/claims/rows.js';

const row = (fields) => ({
  name: 'a',
  paper: 'EDM',
  quote: 'x < y & z',
  source: 'Eq. 1',
  verdict: 'holds',
  chip: 'holds',
  found: '1',
  measure: 'm',
  expected: 'e',
  seeds: 's',
  command: 'c',
  view: 'a=1&b=2',
  stale: '',
  why: '',
  cost: 'quick',
  ...fields,
});
const rows = [row({}), row({ name: 'b', paper: 'AMED', verdict: 'cannot be told' }), row({ name: 'c', verdict: '' })];

test('rows are kept by paper and by verdict, none of which is one as well', () => {
  const names = (chosen) => kept(rows, chosen).map((r) => r.name);
  assert.deepEqual(names({ paper: '', verdict: null }), ['a', 'b', 'c']);
  assert.deepEqual(names({ paper: 'EDM', verdict: null }), ['a', 'c']);
  assert.deepEqual(names({ paper: 'EDM', verdict: '' }), ['c']);
  assert.deepEqual(names({ paper: '', verdict: 'holds' }), ['a']);
});

test('the title counts each verdict that there is', () => {
  assert.equal(counted(rows).title, '3 claims tried here: 1 hold, 1 cannot be told, 1 not measured');
  assert.deepEqual(
    counted(rows).verdicts.map((v) => v.count),
    [1, 1, 1],
  );
});

test('a quote is text, a link keeps its settings, and what is stale says so', () => {
  const old = row({ stale: 'of an earlier version', verdict: '', chip: 'none' });
  assert.match(summary(old), /not of today/);
  assert.match(summary(row({ verdict: '', found: '', stale: 'not measured yet' })), /not measured/);
  assert.match(summary(old), /x &lt; y &amp; z/);
  assert.match(body(old, '/p'), /of an earlier version/);
  assert.match(body(old, '/p'), /href="\/p\?a=1&amp;b=2"/);
  assert.match(body(row({ view: '' }), '/p'), /href="\/p"/);
});

test('indices are set low, as on the other pages; names of programs stay as they are', () => {
  assert.equal(formula('√(t_n t_{n+1})'), '√(t<sub>n</sub> t<sub>n+1</sub>)');
  assert.equal(formula('x_{t_n}'), 'x<sub>t<sub>n</sub></sub>');
  assert.equal(formula('c_skip < S_noise'), 'c<sub>skip</sub> &lt; S<sub>noise</sub>');
  assert.equal(formula('λ c_out², β_min'), 'λ c<sub>out</sub>², β<sub>min</sub>');
  assert.equal(formula('use_karras_sigmas x_64'), 'use_karras_sigmas x_64');
});

test('while it is measured the row says so and can be cancelled', () => {
  const now = row({ doing: 'measuring' });
  assert.match(summary(now), /measuring …/);
  assert.match(body(now, '/'), /data-do="cancel"/);
  assert.doesNotMatch(body(now, '/'), /data-do="again"/);
});
