// The marks of every strip, as SVG.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { curveOf, drawMarks, drawWords } from '../../assets/js/draw/marks.js';
import { sigmaScale, valueScale } from '../../assets/js/draw/scale.js';
import { SVG } from '../../assets/js/draw/svg.js';
import { T } from '../../assets/js/theme.js';

const strips = JSON.parse(readFileSync(new URL('../data/strips.json', import.meta.url)));
Object.assign(T, {
  rim: '#ffffff',
  stops: [
    [0, 0, 0],
    [255, 255, 255],
  ],
});
const W = 500,
  TOP = 30,
  BOTTOM = 130;

function place(axis) {
  const Y = valueScale(axis, TOP, BOTTOM);
  const height = (part) => BOTTOM - part * (BOTTOM - TOP);
  return { ...sigmaScale(95, 0.00135, 44, W - 10), Y, height, top: axis.range[1] };
}

function drawn(marks, axis = { range: [0, 1], log: false }) {
  const c = new SVG(W, 160);
  drawMarks(c, marks, place(axis));
  drawWords(c, marks, place(axis));
  return String(c);
}

const numbers = (text) => [...text.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [+x, +y]);

for (const [name, strip] of Object.entries(strips))
  test(`every mark of ${name} is drawn, and none leaves its strip`, () => {
    const marks = [...strip.marks, ...strip.over],
      empty = (m) => m.width === 0 || (m.start ?? m.x)?.length === 0;
    const picture = drawn(marks, strip.axis);
    assert.doesNotMatch(picture, /NaN|undefined|null|Infinity/);
    const seen = marks.filter((m) => m.mark !== 'text' && !empty(m));
    assert.ok((picture.match(/<path /g) ?? []).length >= seen.length);
    assert.equal((picture.match(/<text /g) ?? []).length, marks.filter((m) => m.mark === 'text').length);
    const points = numbers(picture);
    assert.ok(points.length > 10);
    for (const [, y] of points) assert.ok(y > TOP - 13 && y < BOTTOM + 13, `${y}`); // the length of a tick at most
  });

test('a gap lifts the pen', () => {
  const line = { mark: 'line', x: [10, 1, 0.1, 0.01], y: [0, null, 0.5, 1], colour: '#123456', width: 1 };
  const [path] = drawn([line]).match(/ d="[^"]*"/);
  assert.equal((path.match(/M/g) ?? []).length, 2);
  assert.equal((path.match(/L/g) ?? []).length, 1);
});

test('a hop is a parabola between its levels, cut at the top of the axis', () => {
  const hop = { mark: 'arcs', start: [10], stop: [1], height: [0.6], colour: '#123456', width: 1 };
  const points = numbers(drawn([hop])),
    { X, Y } = place({ range: [0, 1], log: false });
  const near = (a, b) => Math.abs(a - b) < 0.02;
  assert.ok(near(points[0][0], X(10)) && near(points.at(-1)[0], X(1)));
  assert.ok(near(Math.min(...points.map(([, y]) => y)), Y(0.6)));
  const cut = numbers(drawn([{ ...hop, height: [7] }]));
  assert.ok(near(Math.min(...cut.map(([, y]) => y)), TOP));
});

test('a part of the height is no value of the axis', () => {
  const tick = { mark: 'dots', x: [1], y: [0.5], colour: '#123456', size: 6, shape: 'tick', on: 'height' };
  const ys = numbers(drawn([tick], { range: [1e-9, 1e9], log: true })).map(([, y]) => y);
  assert.deepEqual(ys, [74, 86]); // half way up, twice its size long
});

test('the stairs of bars are a curve that a name can follow', () => {
  const bars = { mark: 'bars', start: [80, 10], stop: [10, 1], y: [0.2, 0.4] };
  const { x, y } = curveOf(bars);
  assert.deepEqual(y, [0.2, 0.2, 0.4, 0.4]);
  assert.ok(x.every((v, i) => i === 0 || v < x[i - 1]));
});

test('words are written as they are', () => {
  const picture = drawn([{ mark: 'text', x: 1, y: 0.5, text: 'a < b & "c"', colour: '#111111', anchor: 'center' }]);
  assert.match(picture, />a &lt; b &amp; &quot;c&quot;<\/text>/);
});
