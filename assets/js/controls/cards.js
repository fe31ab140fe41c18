// All choices of a slot explained, and found by any name: solvers, time steps and other tools' lists.

import { $, $$ } from '../state.js';
import { showPop } from '../help.js';
import { place } from '../words/place.js';

const head = ({ title, hint, find }) =>
  `<h3>${title}</h3>` +
  `<input type="search" class="find" placeholder="${hint}" aria-label="${find}"><div class="cards"></div>`;

const facts = (s) =>
  `order ${s.order} · ${s.evaluations} evaluation${s.evaluations > 1 ? 's' : ''} a step · ` +
  `${s.memory ? `remembers ${s.memory}` : 'no memory'}${s.makes_noise ? ' · new noise' : ''}`;

// One card: {name, label, facts, about, source, names}, what is empty left out.
const card = (c, chosen) =>
  `<button class="card" data-name="${c.name}"${c.name === chosen ? ' aria-current="true"' : ''}>` +
  `<b>${c.label}</b>${c.facts ? `<span class="facts">${c.facts}</span>` : ''}` +
  `${c.about ? `<span>${c.about}</span>` : ''}<span class="src">${c.source}</span>` +
  `${c.names?.length ? `<span class="src">Also: ${c.names.join(' · ')}</span>` : ''}</button>`;

/** What the list of solvers asks and shows. */
export function solversAsked(solvers, chosen) {
  const all = Object.entries(solvers).map(([name, s]) => ({ ...s, name, facts: facts(s) }));
  return {
    title: 'Solvers',
    hint: 'Find by any name: Euler a, DPM++ 2M, PNDM …',
    find: 'Find a solver',
    none: 'No solver is known by',
    chosen,
    groups: [
      { heading: 'Recommended', open: true, cards: all.filter((s) => s.recommended) },
      { heading: 'All others', cards: all.filter((s) => !s.recommended) },
    ],
  };
}

/** What the list of time steps asks and shows: the lab's own grids, and each tool's lists. */
export function stepsAsked(steps, chosen) {
  const own = Object.entries(steps).filter(([, s]) => !s.lists),
    tools = Object.entries(steps).filter(([, s]) => s.lists);
  return {
    title: 'Time steps',
    hint: 'Find by any name: karras, bong_tangent, AYS, trailing …',
    find: 'Find time steps',
    none: 'No time steps are known by',
    chosen,
    groups: [
      {
        heading: 'By formula',
        open: true,
        cards: own.map(([name, s]) => ({ name, label: s.label, about: s.formula, source: s.source, words: s.source })),
      },
      ...tools.map(([name, s]) => ({
        heading: `As ${s.label} names it`,
        cards: s.lists.map(([list, label]) => ({
          name: `${name}:${list}`,
          label,
          source: s.source,
          words: `${list} ${s.label}${/^ays/.test(list) ? ' AYS' : ''}`,
        })),
      })),
    ],
  };
}

// The cards that are known by these words: all of them where there are none.
function drawn({ groups, none, chosen }, words) {
  const want = words.trim().toLowerCase();
  const known = (c) => [c.name, c.label, c.about, c.words, ...(c.names ?? [])].join(' ').toLowerCase().includes(want);
  const hits = groups.map((g) => ({ ...g, cards: g.cards.filter(known) })).filter((g) => g.cards.length);
  if (!hits.length) return `<p>${none} “${words.replace(/[<&]/g, '')}”.</p>`;
  return hits
    .map(({ heading, open, cards }) => {
      const made = cards.map((c) => card(c, chosen)).join('');
      if (open) return `<h4>${heading}</h4>${made}`;
      const unfolded = want || cards.some((c) => c.name === chosen);
      return `<details${unfolded ? ' open' : ''}><summary>${heading} (${cards.length})</summary>${made}</details>`;
    })
    .join('');
}

/** The list at its button; what is chosen closes it. */
export function showCards(button, asked, choose) {
  const pop = showPop(button, head(asked), { first: '.find' }),
    list = $('.cards', pop),
    search = $('.find', pop);
  const show = () => (list.innerHTML = drawn(asked, search.value));
  search.oninput = show;
  search.onkeydown = (e) => {
    const hits = $$('[data-name]', list);
    if (e.key === 'Enter' && hits.length === 1) hits[0].click();
  };
  show();
  place(pop, button);
  list.onclick = (e) => {
    const hit = e.target.closest('[data-name]');
    if (!hit) return;
    pop.hidePopover();
    choose(hit.dataset.name);
  };
}
