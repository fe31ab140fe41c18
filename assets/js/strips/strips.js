// Which strips there are and what each of them shows now: the server's words for it, laid over by what the
// parts of the message hold of it.

import { $, S, set } from '../state.js';
import { holding } from '../draw/scale.js';
import { curveOf } from '../draw/marks.js';
import { withGhost } from '../pin.js';

let only = null; // the names of those that a lecturer's link chooses, or null
/** From now on these alone. @param {string[]} names */
export const onlyStrips = (names) => (only = names);

const chosenOnes = () => (only ? known.filter(({ name }) => only.includes(name)) : known);

let known = []; // {name, title, hint, layer, part, height, choice, help} of each, from top to bottom

/** @param {object[]} list  what the server says of its strips */
export function knowStrips(list) {
  known = list;
  plainChoices();
}

/** Each strip shows the first of its menu. */
export const plainChoices = () =>
  set({ choices: Object.fromEntries(menus().map(({ key, options }) => [key, options[0][0]])) });

const menus = () => known.map((strip) => strip.choice).filter(Boolean);

/** The choices that a link makes are taken out of it. */
export function readChoices(params) {
  const choices = { ...S.choices };
  for (const { key, options } of menus()) {
    if (options.some(([value]) => value === params.get(key))) choices[key] = params.get(key);
    params.delete(key);
  }
  set({ choices });
}

/** Those that are not the first go into a link. */
export function writeChoices(params) {
  for (const { key, options } of menus()) if (S.choices[key] !== options[0][0]) params.set(key, S.choices[key]);
}

export const chosen = (strip) => (strip.choice ? S.choices[strip.choice.key] : '');

// Where the page is low or narrow, as in few.css: the first, one of those of the data, the last.
const FEW = '(min-width: 1000px) and (max-height: 720px), (min-width: 600px) and (max-width: 999px)';
const few = globalThis.matchMedia?.(FEW);

/** The strips of which a narrow window shows one: of the data, between the steps and the error. */
export const middle = () => chosenOnes().filter((strip) => strip.layer === 'data');

/** Of those, the one that it shows. */
export const middleNow = () => middle().find(({ name }) => name === S.middle) ?? middle()[0];

/** Whether there is room for one of those alone. */
export const isFew = () => !only && Boolean(few?.matches) && middle().length > 1;

// A lesson's card lies between the stage and the strips: two are left, of which one is what to look at.
const TWO = '(min-width: 600px) and (max-width: 999px) and (min-height: 880px)';
const two = globalThis.matchMedia?.(TWO);
const inLesson = () => Boolean(two?.matches && $('.page').dataset.lesson);

/** The strips that there is room for, or all of them. */
function roomFor(all) {
  if (all || !isFew()) return chosenOnes();
  const few = known.filter((s) => s.layer !== 'data' || s === middleNow());
  if (!inLesson()) return few;
  const seen = $('#axis').dataset.look === middleNow().name ? middleNow() : few.at(-1);
  return [few[0], seen];
}

/** What each strip shows, of those that there is room for or of all: marks, over, axis, curves, main, reading,
 * columns, about, or why it is empty. */
export const shown = (all = false) => roomFor(all).map((strip) => withCurves(withGhost(joined(strip))));

const NOTHING = { marks: [], over: [], columns: [], about: [], axis: { range: [0, 1], log: false, ticks: [] } };

// What is held of a strip, from below: what the run shows at once, then what was measured; of each, what
// all choices share before what is of this one.
function layersOf({ name, part }, choice) {
  const held = [S.parts.run?.quick?.[name], S.parts[part]?.strips?.[name]];
  return held.flatMap((all) => (all ? [all[''], choice && all[choice]] : [])).filter(Boolean);
}

function joined(strip) {
  const choice = chosen(strip),
    part = S.parts[strip.part],
    layers = layersOf(strip, choice);
  const all = Object.assign({ ...NOTHING, ...strip }, ...layers);
  for (const list of ['columns', 'about', 'over']) all[list] = layers.flatMap((layer) => layer[list] ?? []);
  const measured = Boolean(part?.strips?.[strip.name]);
  all.fully = part?.fully;
  all.said = part?.said;
  all.key = [part?.key, choice, measured].join();
  if (measured || all.marks.length) all.axis = holding(all.axis, heights(all.over));
  else all.empty = why(strip.part);
  return all;
}

// Why there is nothing of a part.
const why = (part) => S.parts[part]?.why ?? S.states[part]?.why ?? 'Measuring …';

const heights = (over) => over.filter((mark) => mark.on !== 'height').flatMap((mark) => mark.y);

// The curves with a name, which labels and the table read, and the one that the cursor follows.
function withCurves(strip) {
  const named = strip.marks.filter((mark) => mark.label);
  named.sort((a, b) => Boolean(b.main) - Boolean(a.main)); // the first finds a place first
  return {
    ...strip,
    curves: named.map((mark) => ({ ...curveOf(mark), label: mark.label })),
    main: strip.marks.find((mark) => mark.main),
  };
}
