// Whether the server is there, where nothing else is asked: a word every other second, while the page can
// be seen.  A word that is lost is no proof yet: net.js looks and says.

import { BASE } from '../base.js';
import { heard, look, offline } from '../net.js';
import { heardOf } from './newer.js';

const EVERY = 1500, // ms without an answer after which the server is asked
  LOOK = 500,
  PATIENCE = 8000; // ms: a busy server is not a lost one
const HERE = new URL('../here', BASE); // beside the folder of this version

/** One word with the server, which also renews what it knows this visitor by.  Rejects where there is none. */
export const greet = () => fetch(HERE, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) }).then(heardOf);

/** Keep asking for as long as the page is open. */
export function beats() {
  let under = false,
    last = performance.now();
  async function beat() {
    const quiet = performance.now() - Math.max(last, heard());
    if (under || document.hidden || offline() || quiet < EVERY) return;
    under = true;
    last = performance.now();
    await greet().catch(look);
    under = false;
  }
  setInterval(beat, LOOK);
  document.addEventListener('visibilitychange', beat);
}
