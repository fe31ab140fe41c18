// All solvers explained: the three recommended first, the rest below, found by any name.

import { $ } from '../state.js';

export function showCards(button, solvers, chosen, choose) {
  const pop = $('#pop');
  pop.classList.add('wide');
  pop.onclick = null;
  pop.innerHTML =
    '<button class="close" aria-label="Close" data-close>×</button><h3>Solvers</h3>' +
    '<input type="search" class="find" placeholder="Find by any name: Euler a, DPM++ 2M, PNDM …" aria-label="Find a solver">' +
    '<div class="cards"></div>';
  const list = $('.cards', pop),
    search = $('.find', pop);
  const card = ([name, s]) =>
    `<button class="card" data-name="${name}"${name === chosen ? ' aria-current="true"' : ''}>` +
    `<b>${s.label}</b><span class="facts">order ${s.order} · ${s.evaluations} evaluation${s.evaluations > 1 ? 's' : ''} a step · ` +
    `${s.memory ? `remembers ${s.memory}` : 'no memory'}${s.makes_noise ? ' · new noise' : ''}</span>` +
    `<span>${s.about}</span><span class="src">${s.source}</span>${s.names.length ? `<span class="src">Also: ${s.names.join(' · ')}</span>` : ''}</button>`;
  const show = () => {
    const want = search.value.trim().toLowerCase(),
      all = Object.entries(solvers);
    const hits = all.filter(([name, s]) => [name, s.label, s.about, ...s.names].join(' ').toLowerCase().includes(want));
    const first = hits.filter(([, s]) => s.recommended),
      rest = hits.filter(([, s]) => !s.recommended);
    const folded = !want && !rest.some(([name]) => name === chosen);
    list.innerHTML =
      (first.length ? `<h4>Recommended</h4>${first.map(card).join('')}` : '') +
      (rest.length
        ? `<details${folded ? '' : ' open'}><summary>${want ? 'Others' : `All others (${rest.length})`}</summary>${rest.map(card).join('')}</details>`
        : '') +
      (hits.length ? '' : `<p>No solver is known by “${search.value.replace(/[<&]/g, '')}”.</p>`);
  };
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
