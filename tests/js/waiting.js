// To wait for what is meant: a condition, never a length of time.

/** Resolves once `condition()` is true; others are let run between two looks. */
export async function until(condition) {
  while (!condition()) await new Promise((next) => setImmediate(next));
}
