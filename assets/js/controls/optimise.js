// “optimise” beside the table of steps: GITS, then a search on the measured error.  What comes back is
// an ordinary list of levels.

import { $, S } from '../state.js';

const POLL = 250;

export function initOptimise(server, problem, edit) {
  const box = $('#optimised'),
    [words, bar, button] = [$('span', box), $('progress', box), $('button', box)];
  const again = $('.again', box); // the settings of GITS, and the lists to choose from, once there are any
  let job = null,
    before = null;

  const say = (text, part, label, act) => {
    box.hidden = false;
    words.textContent = text;
    bar.hidden = part == null;
    if (part != null) bar.value = part;
    button.textContent = label;
    button.onclick = act;
    again.hidden = part != null;
  };

  const gits = () => ({ metric: $('#gits-metric').value, coefficient: $('#gits-coefficient').value.replace(',', '.') });
  $('#optimise').onclick = () => {
    before = S.parts.run.sigma.filter((s) => s > 0);
    begin(S.values);
  };
  async function begin(values) {
    if (job) await server.job_cancel({ job });
    problem(null);
    const answer = await server
      .job_start({ kind: 'optimise', values, gits: gits() })
      .catch(() => ({ problem: 'The server did not answer; try again.' }));
    if (answer.problem) return problem(answer.problem);
    follow((job = answer.job), values);
  }

  async function follow(mine, values) {
    const cancel = () => server.job_cancel({ job: mine });
    say('Following the teacher …', 0, 'Cancel', cancel);
    let news = null;
    while (job === mine) {
      news = await server.job_poll({ job: mine }).catch(() => null);
      if (!news || (news.problem && news.stage == null)) {
        box.hidden = true;
        problem(news?.problem ?? 'The server did not answer.');
        break;
      }
      if (news.done) break;
      say(news.stage ?? 'Following the teacher …', Math.min(0.95, news.count / news.total), 'Cancel', cancel);
      await new Promise((r) => setTimeout(r, POLL));
    }
    if (job !== mine || !news?.done) return;
    job = null;
    if (news.levels && (!news.verdict || news.won !== 'now')) edit(news.levels);
    say(
      news.verdict ?? `${news.problem} Its best list so far is in use.`,
      null,
      news.won === 'now' ? 'Close' : 'Take back',
      () => {
        box.hidden = true;
        if (news.won !== 'now') edit(before);
      },
    );
    $('button:not([data-list])', again).onclick = () => begin(values); // from where the first one began
    for (const own of again.querySelectorAll('[data-list]')) {
      own.hidden = !news.candidates;
      own.onclick = () => edit(news.candidates[own.dataset.list]);
    }
    document.body.dataset.optimised = news.won ?? 'stopped';
  }
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && !job) box.hidden = true;
  });
}
