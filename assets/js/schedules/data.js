// Long work of the page: the lists run on exact data, and the search for better steps.

import { job } from '../job.js';
import { $ } from '../state.js';

const POLL = 250; // ms between two looks

/** @param {{question: () => object, told: () => any, data: () => string, chosen: (name: string) => void,
 *   measured: (lists: any[], news: any) => void, add: (name: string) => void,
 *   problem: (s: string | null) => void}} hear
 * @param {{name: string, label: string}[]} kinds */
export function initData(hear, kinds) {
  $('#sch-data').innerHTML = kinds.map(({ name, label }) => `<option value="${name}">${label}</option>`).join('');
  $('#sch-data').onchange = (e) => hear.chosen(e.target.value);
  optimising(hear);
  return running(hear);
}

// The button runs, and while it runs it stops; bars appear list by list.
function running({ question, told, data, measured, problem }) {
  const button = $('#sch-run-data'),
    text = $('#sch-data-text'),
    work = job({ pause: POLL });
  const say = (words, label) => {
    text.textContent = words;
    button.textContent = label;
  };
  const take = (news, of) => {
    if (news.lists) measured(news.lists, { ...news, of });
  };
  button.onclick = async () => {
    if (work.running()) return work.cancel();
    problem(null);
    const of = Object.fromEntries(told().rows.map(({ name, levels }) => [name, levels])),
      count = told().rows.length;
    say('Running …', 'Cancel');
    document.body.dataset.shares = '';
    const news = await work.run({ kind: 'shares', data: data(), ...question() }, (so) => {
      take(so, of);
      say(so.waiting ?? `${so.lists?.length ?? 0} of ${count} lists …`, 'Cancel');
    });
    if (!news) return;
    take(news, of);
    say(news.problem ?? news.note ?? '', 'Run again');
    if (news.problem && !news.lists) problem(news.problem);
    document.body.dataset.shares = news.lists ? 'measured' : 'refused';
  };
  /** What was said of another list goes, unless this one is being run. */
  return () => work.running() || say('', 'Run on data');
}

// The product's own search, from your list on; what comes is a row, and the verdict of held-out seeds.
function optimising({ told, data, add, problem }) {
  const box = $('#sch-optimising'),
    [bar, words, button] = [$('progress', box), $('span', box), $('button', box)],
    work = job({ pause: POLL });
  const say = (text, part) => {
    box.hidden = false;
    words.textContent = text;
    bar.hidden = part == null;
    bar.value = part ?? 0;
    button.textContent = part == null ? 'Close' : 'Cancel';
  };
  button.onclick = () => (work.running() ? work.cancel() : (box.hidden = true));
  $('#sch-optimise').onclick = async () => {
    const { open } = told();
    problem(null);
    if (!open.values) return problem(open.why);
    say('The teacher’s paths …', 0);
    const values = { ...open.values, data: data(), samples: 64 };
    const news = await work.run({ kind: 'optimise', values }, (so) =>
      say(so.stage ?? so.waiting ?? 'The teacher’s paths …', so.part ?? 0),
    );
    if (!news) return;
    if (!news.done || (news.problem && news.stage == null)) {
      box.hidden = true;
      return problem(news.problem);
    }
    say(news.verdict ?? `${news.problem} Nothing was judged on other seeds.`, null);
    if (news.verdict && news.won !== 'now') add(`list:${[...news.levels, 0].join(',')}`);
    document.body.dataset.optimised = news.won ?? 'stopped';
  };
}
