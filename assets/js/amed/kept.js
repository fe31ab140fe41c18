// A training that went on while the page was loaded anew is found again: its name, and the form it was begun with.

import { recall, remember } from '../remember.js';

const KEY = 'amed-training';

/** @returns {{job: string, student: string, nfe: number, how: Record<string, any>} | null} */
export function kept() {
  try {
    const found = JSON.parse(recall(KEY));
    return found && typeof found.job === 'string' ? found : null;
  } catch {
    return null; // somebody else's value
  }
}

export const keep = (training) => remember(KEY, training ? JSON.stringify(training) : '');
