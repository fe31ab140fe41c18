// What a strip shows, its formula and source, and its numbers as a table that can be copied.

import { $, S, interp, percent, sig3, small } from './state.js';

const v = (t) => `<i>${t}</i>`,
  sub = (t) => `<sub>${t}</sub>`;
const TEXTS = {
  steps: {
    what: 'One arc is one step of the solver. Tall means long on the log axis; thick means much of the end error. With churn, noise first rises to σ̂ (arrows) and the step starts there.',
  },
  bend: {
    what: 'How much the exact path bends in this frame’s own time. Half of it times (Δ ln σ)² is what one Euler step misses. Data space, relative to √(σ² + σ<sub>data</sub>²), RMS per coordinate. Line: median of the reference paths; band: 10–90 %. Open dots: the same on the solver’s own steps.',
    formula: `‖${v('y″')}(${v('t')})‖ (d${v('t')}/d ln σ)² / ${v('s')},  ${v('y')} = ${v('s x')}`,
    source: 'Karras et al. 2022, Fig. 3 and App. D.1',
  },
  kappa: {
    what: 'Curvature of the graph t ↦ s x in the frame’s own coordinates, x in RMS per coordinate. It has the units of 1/t, so compare its shape between frames, not its size.',
    formula: `κ = ‖${v('r′')} × ${v('r″')}‖ / ‖${v('r′')}‖³,  ${v('r')} = (${v('t')}, ${v('s x')}/√${v('d')})`,
    source: 'Karras et al. 2022, Fig. 3',
  },
  angle: {
    what: 'Angle between the directions of two successive steps, in data space. On the fine reference it is small by construction; the open dots show the angle that the solver’s own steps turn, which depends on their size.',
    formula: `∠( ${v('x')}${sub('i+1')} − ${v('x')}${sub('i')}, ${v('x')}${sub('i')} − ${v('x')}${sub('i−1')} )`,
    source: 'turning angle of a polyline, data space',
  },
  chord: {
    what: 'Distance from the straight line between the ends of the path, over its length, in data space. Diffusion paths stay astonishingly close to it.',
    formula: `‖(${v('c')} − ${v('x')}) − ((${v('c')} − ${v('x')})·${v('v')}) ${v('v')}‖ / ‖${v('c')} − ${v('b')}‖`,
    source: 'Chen et al. 2024 (GITS), Fig. 2',
  },
  plane: {
    what: 'PCA of one path at a time, centred, on 41 points. How far the path lies from its own line (k = 1), plane (2) or 3-space (3); mean over samples. Any smooth path looks flat, so compare it with a random walk of the same step lengths, over the same |x|.',
    formula: `‖${v('x')} − ${v('P')}${sub(v('k'))} ${v('x')}‖ / ‖${v('x')}‖`,
    source: 'Zhou et al. 2024 (AMED), Fig. 4',
  },
  loss: {
    what: 'The loss at each noise level with its 95 % interval. For an exact denoiser it is the floor: no network goes below. The shaded hill is where training looks; the ticks at the foot are where this sampler spends its evaluations.',
    formula: `λ(σ) E‖${v('D')}(${v('y')} + ${v('n')}; σ) − ${v('y')}‖²,  λ${sub('EDM')} = (σ² + σ${sub('d')}²)/(σ σ${sub('d')})²`,
    source: 'Karras et al. 2022, Table 1 and Fig. 5a',
  },
  error: {
    what: 'Segments: each step alone, started on the reference. Line: what has added up; the band holds 10–90 % of the samples. A step’s share is how far the end moves when that step alone is replaced by the true one. Measured down to σ<sub>min</sub>: the last Euler step would hide it.',
    formula: `τ${sub(v('i'))} = step(${v('x')}*${sub(v('i'))}) − ${v('x')}*${sub(`${v('i')}+1`)}`,
    source: 'Karras et al. 2022, App. D.1',
  },
};

// Column name -> cells, at the noise levels of the run.
export function columns(strip) {
  const { run, error, path } = S.parts,
    g = run.sigma.filter((s) => s > 0);
  const at = (curve) => g.map((s) => small(interp(curve.x, curve.y, s)));
  const i = g.map((_, k) => k + 1);
  if (strip.name === 'steps') {
    const next = (k) => run.sigma[k + 1];
    const of = (f) => g.map((s, k) => (next(k) === undefined ? '–' : f(s, next(k), k)));
    return {
      i,
      σ: g.map(sig3),
      t: g.map((_, k) => sig3(run.t[k])),
      Δσ: of((a, b) => sig3(a - b)),
      'Δ ln σ': of((a, b) => (b ? Math.log(a / b).toFixed(2) : '→ 0')),
      γ: of((a, b, k) => small(run.gamma[k])),
      σ̂: of((a, b, k) => sig3(run.hat[k])),
      ...(error?.share
        ? {
            'local error': of((a, b, k) => small(error.local[k])),
            share: of((a, b, k) => (error.share[k] == null ? '–' : percent(error.share[k]))),
          }
        : {}),
    };
  }
  if (strip.name === 'plane' && path?.planes) {
    const named = Object.fromEntries(
      strip.labels.filter((l) => l.text).map((l) => [l.text.replace('random ', ''), at(l)]),
    );
    return { σ: g.map(sig3), ...named };
  }
  if (!strip.main) return {};
  const named = strip.labels.filter((l) => l.text).map((l) => [l.text.split(',')[0], at(l)]);
  return { σ: g.map(sig3), ...Object.fromEntries(named) };
}

function table(cols) {
  const names = Object.keys(cols);
  if (names.length < 2) return '';
  const rows = cols[names[0]]
    .map((_, r) => `<tr>${names.map((n) => `<td>${cols[n][r] ?? '–'}</td>`).join('')}</tr>`)
    .join('');
  return (
    `<details open><summary>Numbers</summary><div class="sheet"><table><thead><tr>${names.map((n) => `<th scope="col">${n}</th>`).join('')}</tr></thead><tbody>${rows}</tbody></table></div>` +
    '<p class="tools"><button class="reset" data-copy="table">Copy table</button></p></details>'
  );
}

// σ_i and t_i against i, each on its own log scale.
function profile() {
  const { sigma, t } = S.parts.run,
    n = sigma.filter((s) => s > 0).length,
    w = 312,
    h = 84;
  const curve = (values, colour) => {
    const logs = values.slice(0, n).map((u) => Math.log(Math.max(u, 1e-12))),
      low = Math.min(...logs),
      high = Math.max(...logs);
    const y = (u) => 6 + ((h - 12) * (high - u)) / Math.max(high - low, 1e-9),
      x = (k) => 6 + ((w - 12) * k) / Math.max(n - 1, 1);
    return (
      `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${logs.map((u, k) => `${x(k).toFixed(1)},${y(u).toFixed(1)}`).join(' ')}"/>` +
      logs.map((u, k) => `<circle cx="${x(k).toFixed(1)}" cy="${y(u).toFixed(1)}" r="1.8" fill="${colour}"/>`).join('')
    );
  };
  return (
    `<svg class="profile" viewBox="0 0 ${w} ${h}" role="img" aria-label="Noise level and time against the step number, log scales">${curve(t, 'var(--reference)')}${curve(sigma, 'var(--one-step)')}</svg>` +
    `<p class="src"><b style="color:var(--one-step)">σ<sub>i</sub></b> and <b style="color:var(--reference)">t<sub>i</sub></b> against i, each on its own log scale: σ ${sig3(sigma[0])} … ${sig3(sigma[n - 1])}, t ${sig3(t[0])} … ${sig3(t[n - 1])}</p>`
  );
}

function variance() {
  const p = S.parts.path?.planes;
  if (!p) return '';
  const cell = (a) => a.map((u) => `<td>${(100 * u).toFixed(u > 0.999 ? 3 : 1)} %</td>`).join('');
  return (
    `<div class="sheet"><table><thead><tr><th>variance held by k</th>${p.explained.map((_, k) => `<th>${k + 1}</th>`).join('')}</tr></thead><tbody><tr><td>paths</td>${cell(p.explained)}</tr><tr><td>random walk</td>${cell(p.walk)}</tr></tbody></table></div>` +
    `<p class="src">Largest mean residual with k = 2: ${percent(p.peak)} of |x|.</p>`
  );
}

// Its words, formula and source; those of the time steps come with the run, for each grid has its own.
export function textOf(strip) {
  const text = TEXTS[strip.name === 'curvature' ? S.measure : strip.name];
  return strip.name === 'steps' ? { ...text, ...S.parts.run.grid } : text;
}

export function showHelp(button, strip) {
  const text = textOf(strip),
    pop = $('#pop'),
    cols = columns(strip);
  pop.classList.toggle('wide', strip.name === 'steps');
  pop.innerHTML =
    `<button class="close" aria-label="Close" data-close>×</button><h3>${strip.title}</h3><p>${text.what}</p><div class="formula">${text.formula}</div><p class="src">${text.source}</p>` +
    (strip.name === 'error' && S.parts.error?.reference
      ? `<p class="src">Reference: ${S.parts.error.reference}.</p>`
      : '') +
    (strip.name === 'steps' ? profile() : strip.name === 'plane' ? variance() : '') +
    table(cols) +
    (strip.name === 'steps'
      ? `<p class="tools">Copy for ${Object.keys(S.parts.run.formats)
          .map((k) => `<button class="reset" data-copy="${k}">${k}</button>`)
          .join(' ')}</p>`
      : '');
  pop.onclick = (e) => {
    if (e.target.closest('[data-close]')) return pop.hidePopover();
    const kind = e.target.closest('[data-copy]')?.dataset.copy;
    if (!kind) return;
    const names = Object.keys(cols);
    const sheet = [names.join('\t'), ...cols[names[0]].map((_, r) => names.map((n) => cols[n][r]).join('\t'))].join(
      '\n',
    );
    copy(S.parts.run.formats[kind] ?? sheet, e.target);
  };
  pop.showPopover();
  const r = button.getBoundingClientRect(),
    w = pop.offsetWidth;
  pop.style.left = `${Math.max(8, Math.min(r.right - w, innerWidth - w - 8))}px`;
  pop.style.top = `${Math.max(8, Math.min(r.bottom + 6, innerHeight - pop.offsetHeight - 8))}px`;
}

// Anything at a button, to be read and closed; returns the box.
export function showPop(button, html) {
  const pop = $('#pop');
  pop.classList.add('wide');
  pop.innerHTML = `<button class="close" aria-label="Close" data-close>×</button>${html}`;
  pop.onclick = (e) => {
    if (e.target.closest('[data-close]')) pop.hidePopover();
  };
  pop.showPopover();
  const r = button.getBoundingClientRect();
  pop.style.left = `${Math.max(8, Math.min(r.left, innerWidth - pop.offsetWidth - 8))}px`;
  pop.style.top = `${Math.max(8, Math.min(r.bottom + 6, innerHeight - pop.offsetHeight - 8))}px`;
  return pop;
}

// Clipboard with a fallback for pages served without https.
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement('textarea'), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  const label = button.querySelector('.txt') ?? button,
    before = label.textContent;
  if (before === 'Copied') return;
  label.textContent = 'Copied';
  setTimeout(() => {
    label.textContent = before;
  }, 1200);
}
