// All solvers explained: the three recommended first, the rest below, found by any name.

import { $ } from '../state.js';

const HEAD =
  '<button class="close" aria-label="Close" data-close>×</button><h3>Solvers</h3>' +
  '<input type="search" class="find" placeholder="Find by any name: Euler a, DPM++ 2M, PNDM …" ' +
  'aria-label="Find a solver"><div class="cards"></div>';

const facts = (s) =>
  `order ${s.order} · ${s.evaluations} evaluation${s.evaluations > 1 ? 's' : ''} a step · ` +
  `${s.memory ? `remembers ${s.memory}` : 'no memory'}${s.makes_noise ? ' · new noise' : ''}`;

const card = (name, s, chosen) =>
  `<button class="card" data-name="${name}"${name === chosen ? ' aria-current="true"' : ''}>` +
  `<b>${s.label}</b><span class="facts">${facts(s)}</span>` +
  `<span>${s.about}</span><span class="src">${s.source}</span>` +
  `${s.names.length ? `<span class="src">Also: ${s.names.join(' · ')}</span>` : ''}</button>`;

// The cards of the solvers that are known by these words: all of them where there are none.
function cards(solvers, chosen, words) {
  const want = words.trim().toLowerCase();
  const known = ([name, s]) => [name, s.label, s.about, ...s.names].join(' ').toLowerCase().includes(want);
  const hits = Object.entries(solvers).filter(known),
    first = hits.filter(([, s]) => s.recommended),
    rest = hits.filter(([, s]) => !s.recommended);
  const folded = !want && !rest.some(([name]) => name === chosen),
    drawn = (some) => some.map(([name, s]) => card(name, s, chosen)).join('');
  if (!hits.length) return `<p>No solver is known by “${words.replace(/[<&]/g, '')}”.</p>`;
  const title = want ? 'Others' : `All others (${rest.length})`;
  return (
    (first.length ? `<h4>Recommended</h4>${drawn(first)}` : '') +
    (rest.length ? `<details${folded ? '' : ' open'}><summary>${title}</summary>${drawn(rest)}</details>` : '')
  );
}

export function showCards(button, solvers, chosen, choose) {
  const pop = $('#pop');
  pop.classList.add('wide');
  pop.onclick = null;
  pop.innerHTML = HEAD;
  const list = $('.cards', pop),
    search = $('.find', pop);
  const show = () => (list.innerHTML = cards(solvers, chosen, search.value));
  search.oninput = show;
  show();
  pop.onclick = (e) => {
    if (e.target.closest('[data-close]')) return pop.hidePopover();
    const hit = e.target.closest('[data-name]');
    if (hit) {
      pop.hidePopover();
      choose(hit.dataset.name);
    }
  };
  pop.showPopover();
  const r = button.getBoundingClientRect();
  pop.style.left = `${Math.max(8, Math.min(r.right + 8, innerWidth - pop.offsetWidth - 8))}px`;
  pop.style.top = `${Math.max(8, Math.min(r.top - 120, innerHeight - pop.offsetHeight - 8))}px`;
  search.focus();
}
