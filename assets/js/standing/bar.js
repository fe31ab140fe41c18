// What a page without a headline says of a server out of reach: since when, that nothing is lost, and when it
// is looked for again.  What only the server can begin stands still until then.

import { lookNow, offline } from '../net.js';
import { $, S } from '../state.js';

const NEEDS = '.ghost.run'; // buttons that begin something on the server
let ticking = null;

/** Its place at the foot of the page, once. */
export function initBar() {
  const bar = document.createElement('div');
  bar.id = 'standing';
  bar.setAttribute('role', 'status');
  bar.hidden = true;
  bar.innerHTML = '<i class="dot"></i><span></span><button type="button" class="ghost">Try now</button><em></em>';
  $('button', bar).onclick = lookNow;
  $('.page').append(bar);
  // before whoever listens: what is pressed now would only be lost
  addEventListener('click', (e) => offline() && e.target.closest?.(NEEDS) && halt(e), true);
}

function halt(e) {
  e.preventDefault();
  e.stopPropagation();
  $('#standing').classList.add('asked'); // the answer to the press
}

/** As the state has it. */
export function drawBar() {
  const bar = $('#standing'),
    gone = offline();
  for (const b of document.querySelectorAll(NEEDS))
    gone ? b.setAttribute('aria-disabled', 'true') : b.removeAttribute('aria-disabled');
  bar.hidden = !gone;
  if (!gone) bar.classList.remove('asked');
  clearInterval(ticking);
  if (!gone) return;
  $('span', bar).textContent =
    `No server since ${S.gone?.since}. What is on show is its last answer; your settings are kept and will be sent.`;
  count();
  ticking = setInterval(count, 1000);
}

function count() {
  const seconds = Math.max(1, Math.round((S.gone?.next - Date.now()) / 1e3));
  $('#standing em').textContent = `again in ${seconds} s`;
}
