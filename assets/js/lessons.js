// Lessons: prepared views, each a link with one sentence on what to look at.

import { $ } from './state.js';
import { showPop } from './help.js';

export const LESSONS = [
  [
    'Which step hurts?',
    '?timesteps.rho=3&pin=nfe%3D35',
    'ρ = 3 over a pinned ρ = 7. Thick arcs make the error; drag ρ and watch them move.',
    'EDM, Fig. 13',
  ],
  [
    'Why σ = t',
    '?data=diracs&schedule=vp&pin=data%3Ddiracs',
    'The same paths, bent by the choice of time. Switch σ(t), s(t) between VP, VE and EDM.',
    'EDM, Fig. 3',
  ],
  [
    'When a digit is decided',
    '?data=digits&stage=strip',
    'One digit under rising noise, and the denoiser’s answer: it changes in a narrow band of σ.',
    'EDM, Fig. 1',
  ],
  [
    'What churn does',
    '?s_churn=20&s_tmin=0.05&s_tmax=50',
    'Red arrows throw each step back up to σ̂. Move the range; press Effect for what it does to the samples.',
    'EDM, Algorithm 2',
  ],
  [
    'A bad list of steps',
    '?data=moons&timesteps=custom&timesteps.levels=80,40,30,20,0.3,0.03,0.01',
    'A gap, as it is typed into tools every day. Read what is said of it, drag a dot, or press optimise.',
    'GITS',
  ],
  [
    'Order is not everything',
    '?tab=compare&compare=sweep',
    'At few evaluations DDIM is ahead; then the slopes take over. Add solvers, change the steps.',
    'DPM-Solver, UniPC, iPNDM',
  ],
  [
    'Paths lie in planes',
    '?tab=amed',
    'One direction serves a whole step. Play with r and c by hand, then let a small network learn them.',
    'AMED, Fig. 4',
  ],
];

export function initLessons() {
  const button = $('#lessons');
  button.classList.toggle('fresh', !localStorage.getItem('lessons'));
  button.onclick = () => {
    localStorage.setItem('lessons', 'opened');
    button.classList.remove('fresh');
    showPop(
      button,
      '<h3>Lessons</h3><div class="cards">' +
        LESSONS.map(
          ([title, link, words, source]) =>
            `<a class="card" href="${link}"><b>${title}</b><span>${words}</span><span class="src">${source}</span></a>`,
        ).join('') +
        '</div>',
    );
  };
}
