// Long work is begun only by a server that answers now: what a server that was away takes up later, nobody waits for.

import { call } from '../net.js';

const PATIENCE = 10_000; // ms; a server that is only busy answers its cheapest question within
export const AWAY = 'The server was out of reach when you pressed the button, so nothing was begun. Press it again.';

/** Whether the server answers now; a question that hangs for longer counts as none. */
export async function alive() {
  const since = performance.now();
  const answer = await call('progress', '');
  return !answer?.gone && performance.now() - since < PATIENCE;
}
