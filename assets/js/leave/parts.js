// What can be drawn for print: of Explore the strips and the stage, of other pages their charts.

import { $, $$, S } from '../state.js';
import { figureOf } from '../draw/figure.js';
import { pinned } from '../pin.js';
import { chosen, shown } from '../strips/strips.js';
import { wholeRange } from '../strips/layout.js';

// A strip as the server takes it: its words, its axis and all marks that lie on it.
const panelOf = (strip) => ({
  title: strip.title,
  hint: strip.hint ?? '',
  unit: typeof strip.unit === 'object' ? (strip.unit[chosen(strip)] ?? '') : (strip.unit ?? ''),
  height: strip.height,
  axis: strip.axis,
  marks: strip.marks,
  over: strip.over,
  empty: strip.empty ? `${strip.empty}`.replace(/<[^>]*>/g, '') : '',
});

const cursor = () => (S.sigma > 0 ? S.sigma : null);

function ofStrips(strips) {
  return {
    panels: strips.map(panelOf),
    parts: strips.map(({ name }) => name),
    pins: pinned().map(({ query }) => query),
    span: wholeRange(),
    cursor: cursor(),
  };
}

const ofStage = () => ({
  stage: {
    denoise: S.view === 'strip',
    what: S.what,
    true: S.view === 'true',
    pick: S.pick,
    show: Object.keys(S.show).filter((name) => S.show[name]),
  },
  cursor: cursor(),
});

/** The parts of Explore; the stage is the last. */
export function ofExplore() {
  const all = shown(true),
    title = S.parts.error?.finding?.title ?? S.parts.run?.title ?? 'spine',
    of = (strip) => shown(true).filter(({ name }) => name === strip.name);
  const strips = all.map((strip) => ({
    label: strip.title,
    title: `${strip.title} ${title}`,
    ask: () => ofStrips(of(strip)),
  }));
  const stage = { label: 'Stage', title: `${S.parts.data?.name}, ${S.parts.run?.title}`, ask: ofStage };
  return [
    { label: 'All strips', title, ask: () => ofStrips(shown(true)) },
    ...strips,
    ...(S.view === 'draw' ? [] : [stage]),
  ];
}

const headOf = (box) =>
  box.closest('.cell')?.querySelector('h2') ?? box.closest('section, article, .page')?.querySelector('h2');
// The words of a head without those of its buttons, menus and legends.
const words = (head) => {
  const copy = head.cloneNode(true);
  for (const one of $$('button, select, .legend, em', copy)) one.remove();
  return copy.textContent.trim();
};

const titled = (figure, title) => ({ ...figure, layout: { ...figure.layout, title: { text: title } } });

/** The lists of the Schedules page. @param {() => object} question @param {string} title */
export const ofLists = (question, title) => ({
  label: 'Lists and rulers',
  title,
  ask: () => ({ lists: question() }),
});

/** The tables of the Design page; that on show first. @param {{data: string, label: string}[]} sets of Table 2 */
export function ofDesign(sets) {
  const one = (title, asked) => ({ label: title, title, ask: () => asked }),
    second = sets.map(({ data, label }) => one(`EDM Table 2, ${label}`, { table: 'ladder', only: { data } })),
    first = one('EDM Table 1', { table: 'design' });
  return $('#design-sections [data-section=ladder]').ariaPressed === 'true' ? [...second, first] : [first, ...second];
}

/** The claims on show: of the paper and the verdict that are chosen. */
export function ofClaims() {
  const { paper = '' } = $('#claims-papers [aria-pressed=true]')?.dataset ?? {},
    verdict = $('#claims-verdicts [aria-pressed=true]')?.dataset.verdict,
    title = $('#claims-title').textContent;
  return [{ label: 'Claims on show', title, ask: () => ({ table: 'claims', only: { paper, verdict } }) }];
}

/** The strips of a recording. @param {object} recording its digest, what is beside it, what is chosen
 * @param {string} title */
export const ofRecording = (recording, title) => ({ label: 'Recorded run', title, ask: () => ({ recording }) });

/** The charts that are on show, each with a title of its own. @param {string} title of the page */
export function ofCharts(title) {
  return $$('[id^=fig-]')
    .filter((box) => figureOf(`#${box.id}`) && box.clientWidth)
    .map((box) => {
      const figure = figureOf(`#${box.id}`),
        head = headOf(box),
        label = (box.id === 'fig-compare' ? $('#compare-title').textContent : '') || (head ? words(head) : '') || title;
      const told = [label, box.id === 'fig-compare' ? $('#compare-note').textContent : ''].filter(Boolean).join('. ');
      return { id: box.id, label, title: label, ask: () => ({ panels: [titled(figure, label)], told }) };
    });
}
