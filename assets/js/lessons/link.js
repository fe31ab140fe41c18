// What a link says of lessons: lesson=NAME&at=N.  With settings beside it they are shown; alone it shows the
// view of its step.

let heads = [];
export const link = { name: null, at: 1, bare: false }; // as the page was opened; bare: with no query at all

/** @param {any[]} all the heads of the lessons */
export const knowLessons = (all) => (heads = all);
export const headOf = (name) => heads.find((head) => head.name === name);

/** The view that holds at a step: its own, or that of the last step before it that has one.
 * @param {any} head @param {number} at from 1 */
export const viewAt = (head, at) => head.views.slice(0, at).findLast(Boolean) ?? head.view;

/** The page that a view opens. @param {string} view */
export const tabOf = (view) => new URLSearchParams(view).get('tab') ?? 'explore';

const clampTo = (at, head) => Math.min(Math.max(Math.trunc(at) || 1, 1), head.views.length);

/** A link's words, with the view of the lesson's step where the link names nothing else.
 * @param {string} search */
export function withView(search) {
  const params = new URLSearchParams(search),
    head = headOf(params.get('lesson'));
  link.name = null;
  link.bare = !params.size;
  link.unknown = params.has('lesson') && !head ? params.get('lesson').slice(0, 60) : null;
  if (!head) return params;
  link.name = head.name;
  link.at = clampTo(Number(params.get('at')), head);
  const others = [...params.keys()].filter(
    (key) => !['lesson', 'at', 'present', 'show', 'allow', '__theme'].includes(key),
  );
  if (!others.length) for (const [key, value] of new URLSearchParams(viewAt(head, link.at))) params.set(key, value);
  return params;
}
