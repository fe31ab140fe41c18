// A claim as a row: what stands in its line, and what opens below.

const ORDER = ['holds', 'does not hold here', 'cannot be told', ''];
const PAPERS = { EDM: 'Karras et al. 2022 (EDM)', AMED: 'Zhou et al. 2024 (AMED)', Lab: 'This lab, no paper' };
const LABELS = ['hold', 'do not hold here', 'cannot be told', 'not measured'];

/** Text as HTML. @param {any} text */
export const plain = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

/** The same with indices set low: s_n, S_churn, x_{t_n}. @param {string} text */
export const formula = (text) =>
  plain(text)
    .replace(/(?<![\p{L}_])(\p{L}\p{M}*)_(\p{L}+)(?![\p{L}_])/gu, '$1<sub>$2</sub>')
    .replace(/_\{([^{}]*)\}/g, '<sub>$1</sub>');

/** The rows of a paper and a verdict.
 * @param {any[]} rows @param {{paper: string, verdict: string | null}} chosen “” and null: all of them */
export const kept = (rows, { paper, verdict }) =>
  rows.filter((r) => (!paper || r.paper === paper) && (verdict == null || r.verdict === verdict));

/** How many there are of each verdict, and that as a title. @param {any[]} rows */
export function counted(rows) {
  const verdicts = ORDER.map((verdict, i) => ({
    verdict,
    label: LABELS[i],
    count: rows.filter((r) => r.verdict === verdict).length,
  })).filter(({ count }) => count);
  const said = verdicts.map(({ count, label }) => `${count} ${label}`).join(', ');
  const own = rows.filter((r) => r.paper === 'Lab').length, // not of a paper
    of = own && own < rows.length ? `, ${own} of them this lab’s own` : '';
  return { verdicts, title: `${rows.length} claims tried here${of}: ${said}` };
}

/** The line of a row. @param {any} row */
export function summary(row) {
  const verdict = row.doing ? 'measuring …' : row.verdict || (row.found ? 'not of today' : 'not measured');
  return (
    `<b class="verdict ${row.doing ? 'none' : row.chip}">${verdict}</b>` +
    `<span class="said">${formula(row.quote)}<small>${formula(row.measure)}</small></span>` +
    `<span class="where">${row.paper === 'Lab' ? 'this lab' : row.paper}, ${plain(row.source)}</span>` +
    `<span class="number">${plain(row.found || '–')}</span>`
  );
}

/** What opens below it. @param {any} row @param {string} path of the page */
export function body(row, path) {
  const when = row.stale ? ` <em>(${plain(row.stale)})</em>` : row.now ? ' <em>(measured just now)</em>' : '';
  const facts = [
    ['Source', `${PAPERS[row.paper]}, ${plain(row.source)}; ${row.quoted ? 'figures as printed' : 'in other words'}`],
    ['Measured here', `${formula(row.measure)}.`],
    ['To hold', `${plain(row.expected)}`],
    ['Found', `${plain(row.found || '–')}${when}`],
    ['Samples', `${plain(row.seeds)}`],
  ];
  if (row.why) facts.push(['Why not here', plain(row.why)]);
  const list = facts.map(([name, text]) => `<dt>${name}</dt><dd>${text}</dd>`).join('');
  return `<div class="claim"><dl>${list}</dl><p class="tools">${tools(row, path)}</p></div>`;
}

function tools(row, path) {
  const measure = row.doing
    ? '<button class="ghost" data-do="cancel">Cancel</button>'
    : `<button class="ghost" data-do="again" title="${row.cost === 'slow' ? 'up to a minute' : 'seconds'}">` +
      'Measure again</button>';
  return (
    `<code>${plain(row.command)}</code><button class="ghost" data-do="copy">Copy command</button>${measure}` +
    `<a class="ghost" href="${path}${row.view ? `?${plain(row.view)}` : ''}">Open in Explore</a>`
  );
}
