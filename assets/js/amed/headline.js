// The AMED page's title, sentences and chip: of the table, of one's own training, or of what ships.

import { $ } from '../state.js';

/** @param {{view: string, shown: any, tabled: any, ships: any, on?: string}} page */
export function headline({ view, shown, tabled, ships, on }) {
  const table = view === 'table',
    opens = table || shown ? null : ships,
    news = table ? tabled : (shown ?? opens);
  $('#amed-title').textContent =
    news?.title ?? (table ? 'Error at equal evaluations' : 'Learn where to look and how far to go');
  const said = opens?.words ? `${opens.words} ${opens.note}` : (news?.note ?? opens?.why);
  if (said) $('#amed-note').textContent = said;
  $('#amed-chip').hidden = $('#amed-open').hidden = !opens?.predictor;
  $('#amed-chip').textContent = opens?.predictor ? `${opens.predictor}, shipped` : '';
  $('#amed-why-on').textContent = on ? `on ${on}` : '';
}
