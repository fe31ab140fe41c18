// What a pinned run leaves in each strip: the marks that the strip says stay, dotted, each pin with a sign and a
// colour of its own.  Made once for each run, and named anew only when its name is another.

import { light } from '../theme.js';
import { chosen, nameOf, pins } from './held.js';

/** The sign and the colour of each slot. */
export const SIGNS = [
  { shape: 'diamond', colour: 'ink-3' },
  { shape: 'triangle', colour: 'list-2' },
  { shape: 'square', colour: 'list-3' },
  { shape: 'ring', colour: 'list-5' },
];

/** strip -> marks of a run's error. @param {{strips: object}} error */
export const ghostsOf = (error) =>
  Object.fromEntries(
    Object.entries(error.strips).map(([strip, drawings]) => [
      strip,
      Object.values(drawings)[0].marks.filter((mark) => mark.pin),
    ]),
  );

function ghost({ main: _main, pin: _pin, label, ...mark }, { slot }, name, first) {
  const { shape, colour: named } = SIGNS[slot],
    colour = light(named);
  const own = mark.mark === 'dots' ? { shape, size: 6 } : { width: 1.25, dash: [1.5, 3] };
  return {
    ...mark,
    colour,
    alpha: 1,
    ...own,
    ...(label && {
      label: { text: `pinned: ${name}`, short: first ? 'pinned' : '', colour, at: 0.02, bold: false },
    }),
  };
}

const made = new Map(); // query -> {name, first, slot, from, strips}
function strips(pin) {
  const name = nameOf(pin),
    first = chosen() === pin,
    known = made.get(pin.query);
  if (known?.name === name && known.first === first && known.slot === pin.slot && known.from === pin.ghosts)
    return known.strips;
  const all = Object.fromEntries(
    Object.entries(pin.ghosts).map(([strip, marks]) => [strip, marks.map((mark) => ghost(mark, pin, name, first))]),
  );
  made.set(pin.query, { name, first, slot: pin.slot, from: pin.ghosts, strips: all });
  return all;
}

/** A strip with the ghosts below its own curves. */
export function withGhost(strip) {
  if (!pins.length || !strip.marks.length) return strip;
  const ghosts = pins.flatMap((pin) => strips(pin)[strip.name] ?? []);
  return ghosts.length ? { ...strip, marks: [...ghosts, ...strip.marks] } : strip;
}
