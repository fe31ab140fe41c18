import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Steps } from '../../assets/js/gestures/steps.js';

const steps = () => new Steps((a, b) => a === b);

test('acts of one gesture are one step, and those of two are two', () => {
  const s = steps(),
    drag = {};
  for (const view of [7, 6, 5]) s.mark(drag, view);
  s.mark({}, 4);
  assert.deepEqual(s.counts(3), { undo: 2, redo: 0 });
  assert.equal(s.undo(3), 4);
  assert.equal(s.undo(4), 7);
  assert.equal(s.undo(7), null);
});

test('what Undo took back comes again, until something new is done', () => {
  const s = steps();
  s.mark({}, 1);
  s.mark({}, 2);
  s.undo(3);
  s.undo(2);
  assert.deepEqual(s.counts(1), { undo: 0, redo: 2 });
  assert.equal(s.redo(1), 2);
  assert.equal(s.redo(2), 3);
  assert.equal(s.redo(3), null);
  assert.equal(s.undo(3), 2);
  s.mark({}, 2);
  assert.deepEqual(s.counts(9), { undo: 2, redo: 0 });
});

test('a gesture that came to nothing is no step, and Redo is kept', () => {
  const s = steps();
  s.mark({}, 1);
  s.undo(2);
  s.mark({}, 1);
  assert.deepEqual(s.counts(1), { undo: 0, redo: 1 });
  assert.equal(s.redo(1), 2);
});

test('after Undo the same gesture begins anew', () => {
  const s = steps(),
    field = {};
  s.mark(field, 'a');
  assert.equal(s.undo('ab'), 'a');
  s.mark(field, 'a');
  assert.deepEqual(s.counts('ac'), { undo: 1, redo: 0 });
});

test('the oldest steps are let go', () => {
  const s = steps();
  for (let k = 0; k < 250; k++) s.mark({}, k);
  assert.equal(s.counts(-1).undo, 100);
});
