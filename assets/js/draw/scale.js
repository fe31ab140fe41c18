// From values to pixels, and where ticks stand.  Nothing here touches the page.

import { clamp, log10 } from '../state.js';
import { scaleLinear, scaleLog } from '../vendor/d3-scale.js';

const WHOLE = [1000, 100, 80, 10, 1, 0.1, 0.01, 0.002, 0.0001]; // σ over the whole axis, with the ends of EDM's range
const TINY = 1e-300;

/** The σ axis: from `left`, the larger, at x0 to `right` at x1, in equal steps of log σ.
 * @param {number} left @param {number} right @param {number} x0 @param {number} x1 */
export function sigmaScale(left, right, x0, x1) {
  const span = log10(left) - log10(right);
  return {
    X: (s) => x0 + ((x1 - x0) * (log10(left) - log10(Math.max(s, 1e-9)))) / span,
    inverse: (px) => 10 ** (log10(left) - ((px - x0) / (x1 - x0)) * span),
  };
}

/** Value -> pixel of a strip's axis between `top` and `bottom`; what lies outside is held at its rim.
 * @param {{range: number[], log: boolean}} axis @param {number} top @param {number} bottom */
export function valueScale({ range: [low, high], log }, top, bottom) {
  const place = log
    ? (v) => (log10(Math.max(v, TINY)) - log10(low)) / (log10(high) - log10(low))
    : (v) => (v - low) / (high - low);
  return (v) => bottom - clamp(place(v), -0.02, 1.02) * (bottom - top);
}

/** The values of σ that are written under the axis between `low` and `high`. */
export function sigmaTicks(low, high) {
  if (log10(high / low) < 2) {
    const ticks = scaleLog([low, high], [0, 1]).ticks(9).reverse(),
      few = ticks.filter((v) => [1, 2, 5].includes(leading(v)));
    return few.length > 2 ? few : ticks;
  }
  const inside = WHOLE.filter((v) => v >= low * 1.02 && v <= high / 1.02);
  return inside.includes(100) ? inside.filter((v) => v !== 80) : inside;
}

const leading = (v) => Math.round(v / 10 ** Math.floor(log10(v) + 1e-9));

/** The ticks of a strip's axis, [value, text]: its own within its range, else a few round values.
 * @param {{range: number[], log: boolean, ticks?: [number, string][]}} axis */
export function valueTicks({ range, log, ticks }) {
  const [low, high] = range;
  if (ticks?.length) return ticks.filter(([v]) => v >= low * (low < 0 ? 1.001 : 0.999) && v <= high * 1.001);
  const scale = (log ? scaleLog : scaleLinear)(range, [0, 1]);
  return scale.ticks(3).map((v) => [v, String(+v.toPrecision(6))]);
}

/** An axis that holds more values: twice, four times … as high, or by decades. */
export function holding(axis, values) {
  const found = values.filter((v) => v > 0);
  if (!found.length) return axis;
  let [low, high] = axis.range,
    { ticks } = axis;
  const least = Math.min(...found),
    most = Math.max(...found);
  if (axis.log) while (low > least && low > 1e-12) low /= 10;
  while (high < most) {
    high *= axis.log ? 10 : 2;
    if (!axis.log) ticks = ticks.map(([v]) => [2 * v, String(2 * v)]);
  }
  return { ...axis, range: [low, high], ticks };
}
