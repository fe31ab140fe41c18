// What leaves the Explore page as text and numbers: the run card, Python, citations, tables, arrays.

import { copied, save } from './ask.js';
import { offer } from './menu.js';

const CARD = 'Settings, numbers with intervals, versions, citations; opens here again, and by “replay”';

export function offerData() {
  const item = (group, order) => (label, act, note) => offer('explore', { label, act, note, group, order });
  const view = item('This view', 10),
    data = item('Data, all digits', 40),
    csv = (of) => () => save('csv', 'csv', { of });
  view('Run card', () => save('card', 'json'), CARD);
  view('Copy Python', () => copied('python'), 'Lines that make this run again');
  view('Copy citations', () => copied('bibtex'), 'BibTeX of the solver, steps, schedule and data');
  data('Errors as CSV', csv('error'), 'At each noise level; each strip’s help has its own');
  data('Samples as CSV', csv('samples'));
  data('Samples and paths as .npz', () => save('npz', 'npz'), 'samples, sigma, x, denoised');
}
