// Figures carry the light theme's colours, wherever in them they stand.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { T, themed } from '../../assets/js/theme.js';

test('a colour of each marker, of a scale and of a list of parts is swapped; numbers and words stay', () => {
  T.swap.set('#1b1b1f', '#eeeeee').set('27,27,31', '238,238,238');
  const numbers = [1, null, 3];
  const figure = {
    x: ['#1b1b1f'], // a name on an axis
    z: numbers,
    marker: { color: ['#1b1b1f', '#abcdef', 'rgba(27,27,31,0.5)'], size: numbers },
    colorscale: [
      [0, '#1b1b1f'],
      [1, '#abcdef'],
    ],
    text: ['worse', 'better'],
    parts: [{ color: '#1b1b1f' }],
  };
  assert.deepEqual(themed(figure), {
    x: ['#1b1b1f'],
    z: numbers,
    marker: { color: ['#eeeeee', '#abcdef', 'rgba(238,238,238,0.5)'], size: numbers },
    colorscale: [
      [0, '#eeeeee'],
      [1, '#abcdef'],
    ],
    text: ['worse', 'better'],
    parts: [{ color: '#eeeeee' }],
  });
  assert.equal(themed(numbers), numbers); // thousands of numbers are not copied
});
