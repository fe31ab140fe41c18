// What the foundry learns: a row of ticks of the Compare page.

import { $, $$ } from '../state.js';

const ticks = () => [...$$('#compare-learn input')];
const usual = () => ticks().filter((t) => t.defaultChecked);
const learn = () =>
  ticks()
    .filter((t) => t.checked)
    .map((t) => t.value)
    .join();

export const keys = ['learn'];

/** `again` is called where it is to be learned. */
export function init(again) {
  $('#compare-forge').onclick = again;
}

/** Part of what is asked of the server. */
export const asked = () => ({ learn: learn() });

export function write(params) {
  if (
    learn() !==
    usual()
      .map((t) => t.value)
      .join()
  )
    params.set('learn', learn());
}

export function read(params) {
  if (!params.has('learn')) return;
  const names = params.get('learn').split(',');
  for (const t of ticks()) t.checked = names.includes(t.value);
}
