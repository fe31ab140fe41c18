// The pinned runs: up to four, each a run's settings with what it leaves as a ghost, one of them chosen, which
// the headline compares with.  What they are called is what they differ in.

import { called, departures } from '../naming.js';
import { S } from '../state.js';

export const MOST = 4,
  LONGEST = 40; // letters of a name that a person gives

/** {query, values, title, value, ghosts: strip -> marks, slot, own: the name a person gave} of each. */
export let pins = [];
let chosenQuery = '';
const once = new Map(); // the runs that were pinned, by their settings

export const chosen = () => pins.find(({ query }) => query === chosenQuery) ?? pins.at(-1) ?? null;
export const full = () => pins.length >= MOST;
/** The pinned run that is on show, or nothing. */
export const here = () => pins.find((pin) => !departures(pin.values, S.shown).length);

const freeSlot = () => [0, 1, 2, 3].find((slot) => pins.every((pin) => pin.slot !== slot));

/** One more, which is then the one to compare with. @param {object} run see `pins`; @param {string} [own] */
export function add(run, own = '') {
  if (pins.some(({ query }) => query === run.query)) return choose(run.query);
  if (full()) return;
  once.set(run.query, run);
  pins = [...pins, { ...run, own, slot: freeSlot() }];
  chosenQuery = run.query;
}

export function remove(query) {
  pins = pins.filter((pin) => pin.query !== query);
  if (query === chosenQuery) chosenQuery = pins.at(-1)?.query ?? '';
}

export const choose = (query) => {
  chosenQuery = query;
};

/** A name of a person's own; without one the run is called after what it differs in. */
export const rename = (query, own) => {
  pins = pins.map((pin) => (pin.query === query ? { ...pin, own: own.trim().slice(0, LONGEST) } : pin));
};

/** The same settings measured better. */
export const renew = (query, more) => {
  pins = pins.map((pin) => (pin.query === query ? { ...pin, ...more } : pin));
};

export const clear = () => {
  pins = [];
  chosenQuery = '';
};

// ---- for Undo and for the link --------------------------------------------------------------------

/** As a plain value. */
export const kept = () =>
  pins.length ? JSON.stringify([pins.map(({ query, own }) => [query, own]), chosen().query]) : '';

/** Back to what was kept: all of it was pinned once. */
export function back(text) {
  clear();
  if (!text) return;
  const [list, of] = JSON.parse(text);
  for (const [query, own] of list) if (once.has(query)) add(once.get(query), own);
  choose(of);
}

const now = () => ({
  queries: pins.map(({ query }) => query),
  names: pins.map(({ own }) => own),
  at: pins.indexOf(chosen()),
});

/** A `pin` for each; `pinned` which of them is compared with, if it is not the last; `pinname` of those that a
 * person named, as NUMBER:NAME.  @param {URLSearchParams} params @param {{queries: string[], names: string[],
 * at: number}} [all] those of a link that are not measured yet */
export function write(params, { queries, names, at } = now()) {
  params.delete('pin');
  queries.forEach((query, i) => {
    params.append('pin', query);
    if (names[i]) params.append('pinname', `${i + 1}:${names[i]}`);
  });
  if (at >= 0 && at < queries.length - 1) params.set('pinned', String(at + 1));
}

/** What a link says: {queries, names, at}, or null. @param {URLSearchParams} params */
export function read(params) {
  const queries = params.getAll('pin').slice(0, MOST);
  if (!queries.length) return null;
  const names = queries.map(() => '');
  for (const named of params.getAll('pinname')) {
    const [, number, own] = /^(\d):(.*)$/s.exec(named) ?? [];
    if (queries[number - 1] != null) names[number - 1] = own.slice(0, LONGEST);
  }
  const at = Number(params.get('pinned')) - 1;
  return { queries, names, at: queries[at] == null ? queries.length - 1 : at };
}

// ---- what they are called -------------------------------------------------------------------------

let names = new Map(),
  of = []; // the settings on show and the pins that the names were made for

/** What a pinned run is called: as a person named it, or after what it differs in from the run on show and
 * from the others. @param {{query: string}} pin */
export function nameOf(pin) {
  if (of[0] !== S.shown || of[1] !== pins) {
    names = namesAmong(pins, S.shown);
    of = [S.shown, pins];
  }
  return names.get(pin.query);
}

/** @returns {Map<string, string>} by query */
function namesAmong(all, shown) {
  const against = (pin, list) => [...new Set(list.flatMap(({ values }) => departures(pin.values, values)))],
    others = (pin) => all.filter((other) => other !== pin),
    fromShown = (pin) => departures(pin.values, shown),
    keys = new Map(all.map((pin) => [pin, fromShown(pin).length ? fromShown(pin) : against(pin, others(pin))])),
    plain = (pin) => pin.own || called(pin.values, keys.get(pin)) || pin.title,
    first = new Map(all.map((pin) => [pin, plain(pin)]));
  const twins = (pin) => (pin.own ? [] : others(pin).filter((other) => first.get(other) === first.get(pin)));
  return new Map(
    all.map((pin) => {
      const more = called(pin.values, against(pin, twins(pin))),
        name = first.get(pin);
      return [pin.query, !more || name.includes(more) ? name : name === pin.title ? `${name}, ${more}` : more];
    }),
  );
}
