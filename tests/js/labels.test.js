// Where the names of curves go.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { placeLabels } from '../../assets/js/draw/labels.js';
import { sigmaScale, valueScale } from '../../assets/js/draw/scale.js';

const scale = sigmaScale(100, 0.01, 40, 440),
  top = 20,
  bottom = 120;
const room = {
  ...scale,
  x0: 40,
  x1: 440,
  top,
  bottom,
  Y: valueScale({ range: [0, 1], log: false }, top, bottom),
  least: -1e9,
};
const widthOf = (text) => 6 * text.length,
  flat = (y, text, more) => ({
    x: [100, 0.01],
    y: [y, y],
    label: { text, short: text, at: 1, bold: false, colour: '#111', ...more },
  });
const box = ({ x, y, text }) => [x, y - 6.5, x + widthOf(text), y + 6.5];
const apart = (a, b) => a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];

test('a name stands above its curve, near the σ it asks for, inside the strip', () => {
  const [label] = placeLabels([flat(0.5, 'Heun')], room, [], widthOf);
  const [left, up, right, down] = box(label);
  assert.ok(down <= room.Y(0.5) && down > room.Y(0.5) - 6);
  assert.ok(Math.abs((left + right) / 2 - room.X(1)) < 9);
  assert.ok(left > room.x0 && right < room.x1 && up > top - 4);
});

test('under the rim a name goes below its curve', () => {
  const [label] = placeLabels([flat(0.98, 'high')], room, [], widthOf);
  assert.ok(box(label)[1] >= room.Y(0.98));
});

test('names keep clear of each other, of the other curves and of what is taken', () => {
  const curves = [flat(0.5, 'one'), flat(0.42, 'two'), flat(0.9, 'three')],
    taken = [[200, 0, 260, 120]];
  const found = placeLabels(curves, room, taken, widthOf),
    boxes = [taken[0], ...found.map(box)];
  assert.equal(found.length, 3);
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => assert.ok(apart(a, b), `${a} and ${b}`)));
  for (const { y } of curves)
    for (const [, up, , down] of found.map(box)) assert.ok(room.Y(y[0]) <= up || room.Y(y[0]) >= down);
});

test('where there is no room there is no name, and a curve without one is kept clear of', () => {
  const crowd = Array.from({ length: 12 }, (_, i) => flat(i / 11, i === 5 ? 'middle' : ''));
  assert.deepEqual(placeLabels(crowd, room, [], widthOf), []);
});

test('few pixels take the short name', () => {
  const curve = flat(0.5, 'random walk, k = 2', { short: 'random walk' });
  assert.equal(placeLabels([curve], { ...room, short: true }, [], widthOf)[0].text, 'random walk');
});
