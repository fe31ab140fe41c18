// Numbers for reading, the same as in the server's sentences (explorer/numerals.py): both are held to one
// table of cases, tests/data/numbers.json.

const NONE = '–'; // what is not known
const ROUNDING = 1e-11; // what many float64 operations leave of a number near 1
const raised = (n) => [...String(n)].map((c) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(c)]).join('');

function power(size) {
  const [front, exponent] = size.toExponential(1).split('e');
  return `${front}·10${raised(+exponent)}`;
}

/** A power of ten as it is written: 10⁻³.
 * @param {number} n */
export const tenTo = (n) => `10${raised(n)}`;

// So many significant digits; from 100 up a whole number, beyond 10⁻⁴ and 10⁵ a power of ten.
function written(value, digits) {
  if (value == null || Number.isNaN(value)) return NONE;
  const sign = value < 0 ? '−' : '',
    size = Math.abs(value);
  if (size === 0 || size === Infinity) return size ? `${sign}∞` : '0';
  if (size < 1e-4 || size >= 1e5) return sign + power(size);
  if (size >= 99.95) return sign + size.toFixed(0);
  const text = size.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
  return sign + (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
}

/** Three significant digits: 0.0123, 213, 2.6·10⁻⁶.
 * @param {number | null | undefined} value */
export const number = (value) => written(value, 3);

/** Two digits, for what is measured on few samples: an error, a loss; mere rounding reads 0.
 * @param {number | null | undefined} value */
export const short = (value) => written(value != null && Math.abs(value) < ROUNDING ? 0 : value, 2);

/** Always three digits, so that the width holds still while the number runs.
 * @param {number} value */
export const steady = (value) => (value >= 99.95 ? value.toFixed(0) : value.toPrecision(3));

/** A share: 56 %, 0.3 %, <0.1 %.
 * @param {number} part */
export const percent = (part) =>
  part >= 0.00995 ? `${(100 * part).toFixed(0)} %` : part >= 0.0005 ? `${written(100 * part, 1)} %` : '<0.1 %';

/** A ratio, without its ×: 0.75, 1.07, 3.1; around 1 two decimals, as there they tell.
 * @param {number} value */
export const times = (value) => (value >= 0.095 && value < 1.995 ? value.toFixed(2) : short(value));

/** A share that is near all or nothing: 99.7 %.
 * @param {number} part */
export const percent1 = (part) => `${(100 * part).toFixed(1).replace(/\.0$/, '')} %`;

/** Three digits of seconds, whole milliseconds below one, two digits below ten of them.
 * @param {number} seconds */
export function duration(seconds) {
  if (seconds >= 99.95) return `${seconds.toFixed(0)} s`;
  if (seconds >= 0.9995) return `${seconds.toFixed(seconds >= 9.995 ? 1 : 2)} s`;
  const ms = 1e3 * seconds;
  return `${ms.toFixed(ms >= 9.95 ? 0 : ms >= 0.995 ? 1 : 2)} ms`;
}

/** A whole number, its thousands set apart: 220,176.
 * @param {number} n */
export const count = (n) => n.toLocaleString('en');
