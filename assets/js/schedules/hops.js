// A list as hops over the axis: an arc for each step, as high as the step is long in ln σ.

const FEW = 0.03; // of the error: below, a step hardly counts
const FULL = 0.3; // of the error: a bar at full height

/** How far a list can be drawn: until it stops to fall (or, rising from its start, to rise), or is no number.
 * @param {number[]} levels */
export function drawable(levels) {
  const up = levels.length > 1 && levels.at(-1) > levels[0];
  let n = 0;
  while (n < levels.length && !Number.isNaN(levels[n]) && levels[n] >= 0) {
    if (n && (up ? levels[n] < levels[n - 1] : levels[n] > levels[n - 1])) break;
    n++;
  }
  return levels.slice(0, n);
}

/** Δ ln σ of each step, null of one that leaves ∞ or reaches 0.
 * @param {number[]} levels @returns {(number | null)[]} */
export const lengths = (levels) =>
  levels
    .slice(1)
    .map((b, i) =>
      Number.isFinite(levels[i]) && levels[i] > 0 && b > 0 && Number.isFinite(b)
        ? Math.abs(Math.log(levels[i] / b))
        : null,
    );

/** Pixels for each unit of ln σ: a row's full height is 1.15 times the longest step of the first list.
 * @param {number[]} levels @param {number} height */
export function heightOf(levels, height) {
  const longest = Math.max(0, ...lengths(drawable(levels)).filter((v) => v != null));
  return height / Math.max(0.45, 1.15 * longest);
}

/** The least share among the fewest steps that make half of the error.
 * @param {number[]} shares */
export function halfOf(shares) {
  let sum = 0,
    cut = Infinity;
  for (const v of [...shares].sort((p, q) => q - p)) {
    [sum, cut] = [sum + v, v];
    if (sum >= 0.5) break;
  }
  return cut;
}

/** The stroke of a step's arc, by its share of the error: as in Explore, thin, thicker, thickest.
 * @param {number | undefined} share @param {number} half */
export const strokeOf = (share, half) => (share == null ? 1.25 : share >= half ? 2.75 : share >= FEW ? 1.6 : 1);

/** The height of a step's bar: all of `room` from 30 % up.
 * @param {number} share @param {number} room */
export const barOf = (share, room) => room * Math.min(1, share / FULL);

const px = (v) => v.toFixed(1);

/** The arc from pixel p to q, h pixels high over the baseline. */
export function arc(p, q, baseline, h) {
  const lean = (q - p) * 0.2,
    top = px(baseline - h * 1.33);
  return `M${px(p)} ${px(baseline)}C${px(p + lean)} ${top} ${px(q - lean)} ${top} ${px(q)} ${px(baseline)}`;
}

/** The dotted arc of a step from ∞ or to 0, which has no height.
 * @param {number} p @param {number} q @param {number} baseline */
export const open = (p, q, baseline) =>
  `M${px(p)} ${px(baseline)}Q${px((p + q) / 2)} ${px(baseline - 20)} ${px(q)} ${px(baseline)}`;
