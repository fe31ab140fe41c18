// The server has other scripts than this page since it was started anew: said once, at the foot of the page,
// with a button that loads it again.  Nothing is done by itself: what is on show still works.

import { BASE } from '../base.js';
import { $ } from '../state.js';

const OWN = BASE.pathname.split('/').at(-2);

/** The version that an answer names, where it is not this page's; else null.
 * @param {string | null} named “0.2.0-1f3a…”, the version and the digest of its scripts @param {string} [own] */
export const other = (named, own = OWN) => (!named || named === own ? null : named.slice(0, named.lastIndexOf('-')));

/** An answer of the server was heard.  @param {Response} answer */
export function heardOf(answer) {
  const version = other(answer.headers.get('explorer-version'));
  if (version !== null && !$('#newer')) show(version);
}

function show(version) {
  const bar = document.createElement('div');
  bar.id = 'newer';
  bar.setAttribute('role', 'status');
  const say = `The server has been updated (version ${version}). This page is of the one before.`;
  const button = (more) => `<button type="button" class="ghost"${more}</button>`;
  bar.innerHTML = `<span></span>${button('>Reload')}${button(' aria-label="Hide this">×')}`;
  $('span', bar).textContent = `${say} Your settings are in its address.`;
  const [reload, hide] = bar.querySelectorAll('button');
  reload.onclick = () => location.reload();
  hide.onclick = () => (bar.hidden = true);
  $('.page').append(bar);
}
