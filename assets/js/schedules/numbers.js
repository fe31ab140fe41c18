// Small arithmetic of the page: numbers as JSON holds them, and a hand that has come to rest.

/** A number of an answer: JSON has no ∞ and no NaN, so they come as JavaScript's words for them. */
export const plain = (v) => (typeof v === 'string' ? Number(v) : v);

/** f, called once when nothing has called for `ms`.
 * @param {(...given: any[]) => void} f @param {number} ms */
export function rest(f, ms) {
  let timer = null;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...given), ms);
  };
}
