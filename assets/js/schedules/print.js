// Figures for print of the Schedules page: the lists with their rulers, and the strips of a recorded run.

import { openFigure } from '../leave/figure.js';
import { offer } from '../leave/menu.js';
import { ofLists } from '../leave/parts.js';
import { recordingPart } from '../recording/panel.js';

/** Offers them in the page's menu.
 * @param {{told: () => any, asked: () => any, question: () => object}} page */
export function offerFigure({ told, asked, question }) {
  const act = () => {
    if (!told() || told().empty) return 'Nothing is pasted yet.';
    const { recording, beside } = asked(),
      strips = recording ? [recordingPart(recording, beside)] : [];
    openFigure([ofLists(question, told().title), ...strips]);
  };
  offer('schedules', { label: 'Figure…', group: 'Picture', order: 79, act });
}
