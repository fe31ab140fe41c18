// The list of faults: what is wrong first, each with the one button that says what it does.

import { escaped } from './svg.js';

/** How many of each, in words.
 * @param {{severity: string}[]} faults */
export function counts(faults) {
  const wrong = faults.filter((f) => f.severity === 'wrong').length,
    rest = faults.length - wrong;
  if (!faults.length) return 'none';
  return `${wrong ? `${wrong} wrong` : 'none wrong'}${rest ? `, ${rest} to know` : ''}`;
}

const FLAG = { wrong: 'wrong', know: 'odd', note: 'note' };

function item({ flag, sign, title, text, button = '<span></span>', at = '' }) {
  const place = at === '' ? '' : ` data-at="${at}"`,
    mark = `<span class="sch-flag ${flag}" aria-hidden="true"${place}>${sign}</span>`;
  return `<div class="sch-fault">${mark}<p><b>${escaped(title)}</b>${escaped(text)}</p>${button}</div>`;
}

function mending({ kind, title, mend, severity }) {
  if (!mend) return undefined;
  const look = severity === 'wrong' ? 'ghost run' : 'ghost',
    name = escaped(`${mend}: ${title}`);
  return `<button class="${look}" data-mend="${escaped(kind)}" aria-label="${name}">${escaped(mend)}</button>`;
}

/** @param {{faults: object[], mended: object[], fine: {title: string, text: string} | null}} told */
export function list({ faults, mended, fine }) {
  const undo = (kind) => `<button class="ghost" data-undo="${escaped(kind)}">Undo</button>`,
    done = mended.map(({ kind, title, text }) => item({ flag: 'ok', sign: '✓', title, text, button: undo(kind) })),
    none = fine && !faults.length ? [item({ flag: 'ok', sign: '✓', ...fine })] : [];
  const open = faults.map((f, at) =>
    item({ flag: FLAG[f.severity], sign: at + 1, title: f.title, text: f.text, button: mending(f), at }),
  );
  return [...done, ...none, ...open].join('');
}
