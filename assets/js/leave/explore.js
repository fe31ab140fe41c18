// What leaves the pages as a picture: the dialog for print, and the strips as they are on the screen.

import { $, $$, S } from '../state.js';
import { saveSpine } from '../strips/save.js';
import { offerData } from './data.js';
import { knowWidths, openFigure } from './figure.js';
import { offer } from './menu.js';
import { current } from '../compare/views.js';
import { ofCharts, ofClaims, ofExplore } from './parts.js';

const CHARTED = ['compare', 'train', 'amed'];
const NOTHING = 'Nothing is drawn here yet.';

/** @param {{widths: any[][]}} config @param {() => Element} body of the page on show */
export function initLeaving(config, body) {
  knowWidths(config.widths);
  offerData();
  const strips = (kind) => openFigure(ofExplore(), { kind }),
    stage = () => {
      const parts = ofExplore();
      openFigure(parts, { part: parts.length - 1, kind: 'png' });
    };
  offer('explore', { label: 'Figure…', group: 'Picture', order: 79, act: () => strips() });
  offer('explore', { label: 'Strips as SVG', group: 'Picture', order: 80, act: saveSpine });
  offer('explore', { label: 'Samples as PNG', group: 'Picture', order: 81, act: stage });
  for (const page of CHARTED) offer(page, { label: 'Figure…', group: 'Picture', order: 79, act: () => charts(body) });
  offer('claims', { label: 'Figure…', group: 'Picture', order: 79, act: () => openFigure(ofClaims()) });
  $('#save').onclick = () => strips();
  $('#keep').onclick = stage;
  for (const button of $$('[data-save]')) button.onclick = () => charts(body, button.dataset.save);
}

// The charts on show; a button's own first.
function charts(body, id) {
  const own = (S.page === 'compare' && !id && current()?.print?.()) || [],
    parts = [...own, ...ofCharts($('h1', body())?.textContent.trim() ?? S.page)];
  if (!parts.length || (id && !parts.some((one) => one.id === id))) return NOTHING;
  openFigure(parts, {
    part: Math.max(
      0,
      parts.findIndex((one) => one.id === id),
    ),
  });
}
