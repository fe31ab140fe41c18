// What leaves the Compare page: a study's card, and its table.

import { $, S } from '../state.js';
import { viewQuery } from '../address.js';
import { csv, saveAs } from './file.js';
import { save } from './ask.js';
import { offer } from './menu.js';

const NONE = 'Nothing is measured yet: choose a measurement first.',
  OLD = 'Measured with other settings than those on show: run it again first.';
const asked = () => $('#compare-title').textContent;

/** @param {() => any} shown the newest result that is drawn, and the settings that it is of */
export function initStudyLeaves(shown) {
  const item = (label, make, note) =>
    offer('compare', {
      label,
      note,
      group: 'This study',
      order: 10,
      act: () => (shown().old ? OLD : shown().result ? make(shown()) : NONE),
    });
  item('Study card', card, 'Question, sentence, table, settings, cells, versions, citations and link');
  item('Table as CSV', ({ result }) => {
    if (!result.exact) return 'This measurement has no table.';
    saveAs(asked(), 'csv', csv(result.exact));
  });
  item('Cells as Parquet', (found) =>
    found.result.exact ? save('parquet', 'parquet', asks(found)) : 'This measurement has no table.',
  );
}

// of: the settings when it was measured, as pairs; a sweep's own budgets are not among them.
const asks = ({ result, of, kind }) => ({
  values: { ...S.values, ...Object.fromEntries(JSON.parse(of || '[]')) },
  kind,
  job: result.job,
  link: viewQuery(),
  question: asked(),
  sentence: $('#compare-note').textContent,
  table: result.exact ?? null,
});

const card = (found) => save('study', 'json', asks(found));
