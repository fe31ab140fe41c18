// “optimise” beside the table of steps: GITS, then a search on the measured error.  What comes back is
// an ordinary list of levels.

import { job } from '../job.js';
import { $, S, listed } from '../state.js';

const POLL = 250;

const gits = () => ({ metric: $('#gits-metric').value, coefficient: $('#gits-coefficient').value.replace(',', '.') });

// How far it is, or, where `part` is null, what came of it; and the one button.
function say(text, part, label, act) {
  const box = $('#optimised'),
    [words, bar, button] = [$('span', box), $('progress', box), $('button', box)];
  box.hidden = false;
  words.textContent = text;
  bar.hidden = part == null;
  if (part != null) bar.value = part;
  button.textContent = label;
  button.onclick = act;
  $('.again', box).hidden = part != null;
}

export function initOptimise(problem, edit) {
  const box = $('#optimised'),
    again = $('.again', box); // the settings of GITS, and the lists to choose from, once there are any
  const search = job({ pause: POLL });
  let before = null;

  $('#optimise').onclick = () => {
    before = listed();
    begin(S.values);
  };
  async function begin(values) {
    problem(null);
    say('The teacher’s paths …', 0, 'Cancel', search.cancel);
    const news = await search.run({ kind: 'optimise', values, gits: gits() }, ({ stage, part, waiting }) =>
      say(stage ?? waiting ?? 'The teacher’s paths …', part ?? 0, 'Cancel', search.cancel),
    );
    if (!news) return;
    if (!news.done || (news.problem && news.stage == null)) {
      box.hidden = true;
      return problem(news.problem);
    }
    finish(news, values);
  }

  // What was stopped before it was judged is not taken: it may be worse on other seeds.
  function finish(news, values) {
    const taken = Boolean(news.verdict) && news.won !== 'now';
    if (taken) edit(news.levels);
    say(
      news.verdict ?? `${news.problem} Nothing was judged on other seeds, so your steps stay.`,
      null,
      taken ? 'Take back' : 'Close',
      () => {
        box.hidden = true;
        if (taken) edit(before);
      },
    );
    $('button:not([data-list])', again).onclick = () => begin(values); // from where the first one began
    for (const own of again.querySelectorAll('[data-list]')) {
      own.hidden = !news.candidates?.[own.dataset.list];
      own.onclick = () => edit(news.candidates[own.dataset.list]);
    }
    document.body.dataset.optimised = news.won ?? 'stopped';
  }
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && !search.running()) box.hidden = true;
  });
}
