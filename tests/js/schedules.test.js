import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisOf, lookOf, nearest, placeTicks, readAt } from '../../assets/js/schedules/scale.js';
import { barOf, drawable, halfOf, heightOf, lengths, strokeOf } from '../../assets/js/schedules/hops.js';
import { colours, drawRows } from '../../assets/js/schedules/rows.js';
import { drawRulers, written } from '../../assets/js/schedules/rulers.js';
import { placeFlags } from '../../assets/js/schedules/flags.js';
import { dragged, drawShift } from '../../assets/js/schedules/shift.js';
import { hop, steps } from '../../assets/js/schedules/table.js';
import { counts, list } from '../../assets/js/schedules/faults.js';
import { marked } from '../../assets/js/schedules/paste.js';
import { moved } from '../../assets/js/schedules/lists.js';
import { words } from '../../assets/js/schedules/drop.js';
import * as link from '../../assets/js/schedules/link.js';

const ENDS = { left: 100, right: 0.01, inf: true };
const axis = axisOf(ENDS, 1000);
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9 * Math.max(1, Math.abs(b)), `${a} ≠ ${b}`);

test('σ lies by its logarithm, ∞ and 0 in zones of their own, and a pixel finds its σ', () => {
  near(axis.X(1), (axis.low + axis.high) / 2);
  for (const s of [90, 7, 0.2]) near(axis.inverse(axis.X(s)), s);
  assert.ok(axis.X(Infinity) > axis.zones.inf[0] && axis.X(Infinity) < axis.zones.inf[1]);
  assert.ok(axis.X(0) > axis.zones.zero[0] && axis.X(0) < axis.zones.zero[1]);
  assert.deepEqual([390, 800, 1100].map(lookOf), ['narrow', 'middle', 'wide']);
});

test('a shift is the same slide at every level', () => {
  const slides = [80, 3, 0.1].map((s) => axis.X(s) - axis.X(3 * s));
  for (const d of slides) near(d, Math.log(3) * axis.perLog);
});

test('ticks stand apart, the worthier ones first, and none outside', () => {
  const ticks = [100, 10, 1, 0.1, 0.01, 9, 0.9, 1000].map((v) => [v, String(v)]);
  const placed = placeTicks(ticks, axis);
  assert.deepEqual(
    placed.map(({ text }) => text),
    ['100', '10', '1', '0.1', '0.01'],
  );
  assert.ok(placed.every(({ x }, i) => !i || x - placed[i - 1].x >= 40));
});

test('the nearest step, and what a dense table says between its points', () => {
  assert.equal(nearest([Infinity, 80, 1, 0.02, 0], axis, axis.X(1.2)), 2);
  assert.equal(nearest([Infinity, 80, 1, 0.02, 0], axis, axis.X(0)), 4);
  const logs = [4, 2, 0].map((v) => v);
  near(readAt(logs, [0, 10, 30], Math.exp(1)), 20);
  assert.equal(readAt(logs, [0, 10, 30], Math.exp(5)), null);
  assert.equal(readAt(logs, [0, null, 30], Math.exp(1)), null);
});

test('a list is drawn as far as it goes', () => {
  assert.deepEqual(drawable([9, 3, 3, 1, 0]), [9, 3, 3, 1, 0]);
  assert.deepEqual(drawable([9, 3, 5, 1, 0]), [9, 3]);
  assert.deepEqual(drawable([9, 3, NaN, 0]), [9, 3]);
  assert.deepEqual(drawable([0, 1, 9]), [0, 1, 9]); // an inversion rises all the way
  assert.deepEqual(lengths([Infinity, Math.E, 1, 0]), [null, 1, null]);
  near(heightOf([Math.E, 1, 0], 23), 20);
});

test('steps are weighed by their shares of the error', () => {
  const half = halfOf([0.4, 0.3, 0.2, 0.1]);
  assert.equal(half, 0.3);
  assert.deepEqual(
    [0.01, 0.2, 0.3, undefined].map((v) => strokeOf(v, half)),
    [1, 1.6, 2.75, 1.25],
  );
  assert.deepEqual([barOf(0.15, 10), barOf(0.6, 10)], [5, 10]);
});

const row = (role, levels, more = {}) => ({ name: role, role, label: role, source: 's', levels, ...more });
const READ = { time: [1, 0.5, 0], timestep: [1000, 500, 0], percent: [0, 50, 100], snr: [], bar: [] };
const told = (rows) => ({ rows, axis: { ...ENDS, trained: [14.6, 0.03] }, faults: [], cut: { from: 1 } });

test('rows keep their own colours, a long hop is cut and says its length, what is not run is faint', () => {
  const rows = [
    row('yours', [8, 4, 2, 1, 0]),
    row('other', [90, 1, 0]),
    row('reference', [80, 1, 0]),
    row('other', [3, 1, 0]),
  ];
  assert.deepEqual(colours(rows), ['var(--list-1)', 'var(--list-2)', 'var(--reference)', 'var(--list-3)']);
  const { svg, at } = drawRows(told(rows), axis);
  assert.match(svg, /Δ ln σ 4\.50/);
  assert.match(svg, /not trained/);
  assert.match(svg, /opacity="0\.25"/);
  assert.doesNotMatch(svg, /NaN|undefined/);
  assert.equal(at.length, 4);
});

test('flags do not cover each other', () => {
  const faults = [{ at: [1, 1] }, { at: [1, 1] }, { at: null }, { at: [0, 3] }];
  const places = placeFlags(faults, [50, 10, 1, 0], axis);
  assert.equal(places[2], null);
  const xs = places.filter(Boolean).map(({ x }) => x);
  for (const a of xs) for (const b of xs) assert.ok(a === b || Math.abs(a - b) >= 18);
});

test('a fault at what is no number stands where the list ends to be drawn', () => {
  const [place] = placeFlags([{ at: [2, 2] }], [50, 10, NaN, 1, 0], axis);
  near(place.x, axis.X(10) + 11);
});

test('a shift snaps to 1, to the model’s own and to halves', () => {
  const to = (alpha) => dragged(3, -Math.log(alpha / 3) * 50, 50, 3);
  assert.deepEqual([to(1.02), to(3.05), to(4.51), to(4.23)], [1, 3, 4.5, 4.23]);
  assert.equal(dragged(3, 1e9, 50, 3), 0.05);
  const drawn = drawShift(
    { value: 9, own: 3, comb: [Infinity, 9, 3, 1, 0] },
    [Infinity, 27, 9, 3, 0],
    { baseline: 60, room: 40 },
    axis,
  );
  assert.match(drawn, /α = 9/);
  assert.match(drawn, /× 3, ln 3 = 1\.10/);
});

test('values are written as people read them', () => {
  assert.deepEqual(
    [
      written('timestep', 500),
      written('timestep', 1.279),
      written('percent', 54.83),
      written('time', 0.4186),
      written('snr', null),
    ],
    ['500', '1.28', '54.8 %', '0.419', '–'],
  );
  assert.deepEqual([hop(Infinity, 3), hop(3, 0), hop(Math.E, 1), hop(0, undefined)], ['from ∞', '→ 0', '1.00', '']);
});

test('the table marks the step under the cursor, and tells rounded timesteps beside exact ones', () => {
  const html = steps(row('yours', [Infinity, 1, 0], { told: [1000, 499], read: READ, shares: [0.8, 0.2] }), 1);
  assert.match(html, /499<span> \(500\.00\)/);
  assert.match(html, /data-step="1" class="on"/);
  assert.match(html, /share of error/);
  assert.match(html, />end</);
});

test('faults are counted, and each has its one button', () => {
  const faults = [
    { kind: 'a', severity: 'wrong', title: 'A', text: '', mend: 'Mend it' },
    { kind: 'b', severity: 'know', title: '<B>', text: '', mend: null },
  ];
  assert.equal(counts(faults), '1 wrong, 1 to know');
  assert.equal(counts([]), 'none');
  const html = list({ faults, mended: [{ kind: 'c', title: 'C', text: '' }], fine: null });
  assert.match(html, /data-mend="a"/);
  assert.match(html, /data-undo="c"/);
  assert.match(html, /&lt;B&gt;/);
});

test('marks of a text stand where they belong, and nothing in it is HTML', () => {
  const marks = [{ from: 4, to: 7, kind: 'harm', at: 2 }];
  assert.equal(marked('<b> 0.5', marks), '&lt;b&gt; <s data-step="2" class="harm">0.5</s>\n');
});

test('a list is moved among the others', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a']);
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b']);
});

test('a link carries all that was asked, and nothing else is taken from it', () => {
  const asked = {
    packed: 'xy',
    steps: 25,
    shift: 3.5,
    rows: ['yours', 'edm'],
    mended: ['double_shift'],
    strength: null,
  };
  const params = new URLSearchParams();
  link.write(params, asked);
  assert.deepEqual(link.read(new URLSearchParams(params.toString())), {
    packed: 'xy',
    steps: 25,
    shift: 3.5,
    rows: ['yours', 'edm'],
    mended: ['double_shift'],
  });
  assert.ok([...params.keys()].every((k) => link.keys.includes(k)));
});

test('the words in a PNG are found without a library, and broken ones end quietly', () => {
  const chunk = (kind, body) => {
    const bytes = new TextEncoder().encode(body),
      size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length);
    return [...size, ...new TextEncoder().encode(kind), ...bytes, 0, 0, 0, 0];
  };
  const head = [137, 80, 78, 71, 13, 10, 26, 10];
  const png = new Uint8Array([
    ...head,
    ...chunk('tEXt', 'parameters\0Steps: 20'),
    ...chunk('iTXt', 'workflow\0\0\0\0\0{"a":1}'),
  ]);
  assert.deepEqual({ ...words(png) }, { parameters: 'Steps: 20', workflow: '{"a":1}' });
  assert.deepEqual({ ...words(new Uint8Array([...head, 255, 255, 255, 255, 1])) }, {});
  assert.deepEqual({ ...words(new Uint8Array([1, 2, 3])) }, {});
});

test('rulers draw without a gap in their numbers', () => {
  const rulers = [{ name: 'sigma', label: 'σ', short: 'σ', ticks: [[1, '1']], values: null }];
  assert.doesNotMatch(drawRulers({ rulers }, axis).svg, /NaN|undefined/);
});
