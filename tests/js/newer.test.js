import assert from 'node:assert/strict';
import { test } from 'node:test';
import { other } from '../../assets/js/standing/newer.js';

test('a server of another version, or with other scripts, is named by its version', () => {
  assert.equal(other('0.2.0-1f3a', '0.1.0-1f3a'), '0.2.0');
  assert.equal(other('0.1.0-99aa', '0.1.0-1f3a'), '0.1.0');
  assert.equal(other('1.0.0-rc1-99aa', '0.1.0-1f3a'), '1.0.0-rc1');
});

test('the same version, or an answer without one, is nothing to say', () => {
  assert.equal(other('0.1.0-1f3a', '0.1.0-1f3a'), null);
  assert.equal(other(null, '0.1.0-1f3a'), null);
});
