// How far a visitor has come in the lessons: this browser's, and told to nobody.

import { presenting } from '../present/present.js';
import { recall, remember } from '../remember.js';

const KEY = 'lessons';

/** @returns {{at: Record<string, number>, done: string[], last: string | null}} at: the step last seen */
export function progress() {
  const none = { at: {}, done: [], last: null };
  try {
    return { ...none, ...JSON.parse(recall(KEY) ?? '{}') };
  } catch {
    return none; // what an earlier version kept
  }
}

export function seen(name, at) {
  if (presenting()) return; // a class is not counted
  const now = progress();
  remember(KEY, JSON.stringify({ ...now, at: { ...now.at, [name]: at }, last: name }));
}

export function finished(name) {
  if (presenting()) return;
  const { at, done } = progress();
  delete at[name];
  remember(KEY, JSON.stringify({ at, done: [...new Set([...done, name])], last: null }));
}

/** Whether the first visit was begun, skipped or seen before; from now on it was. */
export function visited() {
  const before = recall('visited');
  remember('visited', 'yes');
  return Boolean(before) || Boolean(recall(KEY));
}
