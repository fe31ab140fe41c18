// What the head has no room for stands in a menu of its own: of a phone all, up to a laptop's width all but
// Undo and Redo; elsewhere beside the tabs.

import { $ } from '../state.js';
import { whenPhone } from './phone.js';

const narrow = matchMedia('(max-width: 999px)');

export function initTools() {
  const fold = () => (narrow.matches ? ($('#acts').popover = 'auto') : $('#acts').removeAttribute('popover'));
  narrow.addEventListener('change', fold);
  fold();
  whenPhone((on) =>
    (on ? $('#acts').prepend : $('#acts-button').before).call(
      on ? $('#acts') : $('#acts-button'),
      $('#undo'),
      $('#redo'),
    ),
  );
}
