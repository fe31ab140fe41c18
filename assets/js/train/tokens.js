// What tells this browser's trainings from those of others: a token for each run, kept while the run is there,
// and the one of the server's owner, which opens all of them.  A link can bring that one and no other.

import { recall, remember } from '../remember.js';

const RUNS = 'trainings',
  OWNER = 'trainer', // also where earlier versions kept one token for all runs
  MOST = 40;
const read = () => {
  try {
    return Object(JSON.parse(recall(RUNS)) ?? {});
  } catch {
    return {}; // somebody else's value
  }
};
const write = (runs) => remember(RUNS, JSON.stringify(runs));

/** All tokens that this browser has. */
export const tokens = () => [recall(OWNER), ...Object.values(read())].filter(Boolean);

/** The run of this name is this browser's.
 * @param {string} name @param {string} token */
export function keep(name, token) {
  const others = Object.entries(read()).filter(([other]) => other !== name);
  write(Object.fromEntries([...others, [name, token]].slice(-MOST)));
}

/** A token goes with its run: what was there and is no more is forgotten.
 * @param {string[]} before names of runs @param {string[]} now */
export function forget(before, now) {
  const gone = before.filter((name) => !now.includes(name));
  if (!gone.length) return;
  write(Object.fromEntries(Object.entries(read()).filter(([name]) => !gone.includes(name))));
}

/** The token that the address brings, taken out of it; it may be kept by `own` once the server knows it.
 * @returns {string | null} */
export function linked() {
  const query = new URLSearchParams(location.search),
    hash = new URLSearchParams(location.hash.slice(1)),
    given = hash.get('trainer') ?? query.get('trainer');
  if (given == null) return null;
  for (const params of [query, hash]) params.delete('trainer');
  const rest = (mark, params) => (params.size ? mark + params.toString().replaceAll('%2C', ',') : '');
  history.replaceState(history.state, '', location.pathname + rest('?', query) + rest('#', hash));
  return given;
}

/** This browser is the server owner's.
 * @param {string} token */
export const own = (token) => remember(OWNER, token);
