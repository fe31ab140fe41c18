import assert from 'node:assert/strict';
import { test } from 'node:test';
import { set } from '../../assets/js/state.js';

globalThis.ResizeObserver ??= class {
  observe() {}
};
const { worstLevel } = await import('../../assets/js/cursor.js');

const sigma = [80, 8, 0.8, 0.08, 0];
const level = (error) => {
  set({ parts: { run: { sigma }, error } });
  return worstLevel();
};
const middle = (i) => Math.sqrt(sigma[i] * sigma[i + 1]);

test('the cursor waits in the last of the steps that are to blame', () => {
  assert.equal(level({ hot: [1, 2], share: [0.6, 0.2, 0.2] }), middle(2));
});

test('where that is undecided, in the step of the largest share', () => {
  assert.equal(level({ hot: [], share: [0.1, 0.6, 0.3] }), middle(1));
});

test('without an error, in the middle', () => {
  assert.equal(level(undefined), Math.sqrt(80 * 0.08));
  assert.equal(level({ hot: [] }), Math.sqrt(80 * 0.08));
});
