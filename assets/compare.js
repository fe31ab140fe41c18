// The Compare page: long measurements that are drawn while they run and can be stopped.

import { $, $$, S, small } from './state.js';
import { T, themed } from './theme.js';

const POLL = 180;
let server = null, config = null, problem = () => {}, job = null, shown = null;
const chosen = new Set(['ddim', 'heun', 'dpm2', 'dpmpp', 'unipc', 'ipndm']);

export function initCompare(functions, given, tell) {
  [server, config, problem] = [functions, given, tell];
  $('#compare-solvers').innerHTML = Object.entries(config.entries.solver).filter(([, s]) => s.family !== 'stochastic')
    .map(([name, s]) => `<button data-name="${name}" aria-pressed="${chosen.has(name)}" title="${s.about}">${s.label}</button>`).join('');
  $('#compare-solvers').onclick = (e) => {
    const b = e.target.closest('button');
    if (!b) return;
    chosen.has(b.dataset.name) ? chosen.delete(b.dataset.name) : chosen.add(b.dataset.name);
    b.setAttribute('aria-pressed', chosen.has(b.dataset.name));
  };
  $('#compare-run').onclick = () => begin('sweep', { solvers: [...chosen], budgets: $('#compare-budgets').value });
  $('#compare-local').onclick = () => begin('local', {});
  $('#compare-distance').onclick = () => begin('distance', {});
  $('#compare-cancel').onclick = () => job && server.job_cancel({ job });
}

async function begin(kind, what) {
  if (job) await server.job_cancel({ job });
  problem(null);
  const answer = await server.job_start({ kind, values: S.values, ...what }).catch(() => ({ problem: 'The server did not answer; try again.' }));
  if (answer.problem) return problem(answer.problem);
  job = answer.job;
  follow(job);
}

async function follow(mine) {
  $('#compare-progress').hidden = false;
  while (job === mine) {
    const news = await server.job_poll({ job: mine }).catch(() => null);
    if (job !== mine) return;
    if (!news || (news.problem && !news.figure)) { problem(news?.problem ?? 'The server did not answer.'); break; }
    shown = news;
    drawCompare();
    $('#compare-progress progress').value = news.done ? 1 : news.count / Math.max(news.total, 1);
    $('#compare-progress span').textContent = news.problem ?? `${news.count} of ${news.total}`;
    if (news.done) break;
    await new Promise((r) => setTimeout(r, POLL));
  }
  if (job !== mine) return;
  job = null;
  $('#compare-progress').hidden = !shown?.problem;
  $('#compare-cancel').hidden = true;
  setTimeout(() => { $('#compare-cancel').hidden = false; }, 0);
}

export function drawCompare() {
  const box = $('#fig-compare');
  if (!window.Plotly || !box.clientWidth) return;
  $('#compare-title').textContent = shown?.title ?? 'Which solver, at which budget?';
  if (shown?.note) $('#compare-note').textContent = shown.note;
  const figure = shown?.figure ?? { data: [], layout: empty() };
  const layout = { ...themed(figure.layout), title: { text: '' }, width: Math.max(box.clientWidth - 2, shown?.figure ? 620 : 0), height: box.clientHeight - 2, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)' };
  Plotly.react(box, figure.data.map(themed), layout, { displayModeBar: false, responsive: false });
  const columns = shown?.columns ?? [];
  $('.results thead').innerHTML = columns.length ? `<tr>${columns.map((c) => `<th scope="col">${c}</th>`).join('')}</tr>` : '';
  $('#compare-rows').innerHTML = (shown?.table ?? []).map((row) => `<tr>${row.map((v, i) => typeof v === 'string' && i && !columns[i] ? `<td class="note" title="${v}">${v}</td>` : `<td>${typeof v === 'number' ? small(v) : v ?? '–'}</td>`).join('')}</tr>`).join('');
}

const empty = () => ({
  xaxis: { visible: false }, yaxis: { visible: false }, margin: { l: 0, r: 0, t: 0, b: 0 },
  annotations: [{ text: 'Choose solvers and run the sweep.<br>Curves appear as they are measured;<br>Cancel keeps what is there.', showarrow: false, xref: 'paper', yref: 'paper', x: 0.5, y: 0.5, font: { size: 13, color: T.ink3 } }],
});
