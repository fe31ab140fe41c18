// The AMED page: a training that is drawn while it runs, and one step of a path with r and c at hand.

import { job } from '../job.js';
import { call } from '../net.js';
import { $, $$, S, clamp } from '../state.js';
import { number, percent, short } from '../numbers.js';
import { T, themed } from '../theme.js';

const POLL = 200,
  LOOK = 1500; // ms between looks at the job; between pictures of what it has learned
let line = null; // see app.js
const work = job({ pause: POLL });
let trained = null,
  shown = null; // the name of the newest training; its newest answer
let view = 'learn',
  picture = null,
  asked = 0,
  tabled = null;
let pick = 0,
  step = 1,
  wanted = ''; // the second step is the first in which paths bend

const student = () => $('#amed-student').value,
  nfe = () => +$('#amed-nfe').value;
const request = () => ({ values: S.values, student: student(), nfe: nfe() });

function init(given) {
  line = given;
  $('#amed-student').addEventListener('change', () => {
    usual();
    refresh();
  });
  $('#amed-nfe').addEventListener('change', () => {
    step = 1;
    refresh();
  });
  $('#amed-paper').onclick = () => usual('paper');
  $('#amed-here').onclick = () => usual();
  $('#amed-train').onclick = () => begin('train', { how: how() });
  $('#amed-resume').onclick = () => begin('train', { resume: trained });
  $('#amed-cancel').onclick = work.cancel;
  $('#amed-use').onclick = keep;
  $('#amed-table').onclick = () => {
    if (view === 'table') return showView('learn');
    showView('table');
    if (!tabled || tabled.of !== wanted) begin('table', {});
  };
  $('#amed-step').addEventListener('change', (e) => {
    step = +e.target.value;
    refresh();
  });
  $('#amed-pick').onclick = () => {
    pick += 1;
    refresh();
  };
  for (const id of ['r', 'c']) $(`#amed-${id}`).addEventListener('input', drawStep);
  $('#amed-middle').onclick = () => hand(0.5, 1);
  $('#amed-parallel').onclick = () => picture && hand(picture.best.r[picture.pick], picture.best.c[picture.pick]);
  $('#amed-learned').onclick = () =>
    picture?.learned && hand(picture.learned.r[picture.pick], picture.learned.c[picture.pick]);
  const names = Object.keys(line.config.amed.quoted);
  $('#amed-quoted').replaceChildren(...names.map((n) => new Option(n, n)));
  $('#amed-quoted').addEventListener('change', drawQuoted);
  drawQuoted();
  usual();
}

// ---- training -------------------------------------------------------------------------------------

// The settings that the chosen student is usually trained with.
function usual(recipe = 'here') {
  for (const [k, v] of Object.entries(line.config.amed.recipes[student()][recipe])) {
    const field = $(`#amed-${k}`);
    if (field) field.value = v;
  }
}

function how() {
  const out = {};
  for (const field of $$('#amed-form [data-how]')) {
    const text = field.value.trim(),
      plain = text.replace(',', '.');
    out[field.dataset.how] =
      text === 'true' || text === 'false' ? text === 'true' : plain !== '' && Number.isFinite(+plain) ? +plain : text;
  }
  return out;
}

async function begin(kind, what) {
  line.problem(null);
  let looked = 0;
  const hear = (news) => {
    progress(news);
    if (news.table && kind === 'train') {
      shown = news;
      $('#amed-use').hidden = !news.learned;
    } else if (news.table) tabled = { ...news, of: wanted };
    if (news.table) draw();
    if (kind === 'train' && (news.done || performance.now() - looked > LOOK)) {
      looked = performance.now();
      refresh();
    }
  };
  const news = await work.run({ kind, ...request(), ...what }, hear, (name) => begun(kind, name));
  if (!news) return;
  if (!news.done || (news.problem && !news.table)) return complain(news.problem);
  hear(news);
  $('#amed-progress').hidden = !news.problem;
  $('#amed-cancel').hidden = true;
  $('#amed-resume').hidden = !(news.problem && kind === 'train');
  document.body.dataset.trained = String(+(document.body.dataset.trained ?? 0) + 1);
}

function begun(kind, name) {
  if (kind === 'train') {
    trained = name;
    showView('learn');
    $('#amed-use').hidden = true;
  }
  progress({ count: 0, total: 1 });
  $('#amed-progress span').textContent = kind === 'train' ? 'Following the exact paths …' : 'Following the reference …';
  $('#amed-resume').hidden = true;
}

function progress({ done, count, total, problem: trouble }) {
  const bar = $('#amed-progress progress');
  $('#amed-progress').hidden = bar.hidden = $('#amed-cancel').hidden = false;
  bar.value = done ? 1 : count / Math.max(total, 1);
  $('#amed-progress span').textContent = trouble ?? `${count} of ${total}`;
}

// The Explore page's notice is out of sight here: a problem is said in the page's own line.
function complain(sentence) {
  line.problem(sentence);
  $('#amed-progress').hidden = false;
  $('#amed-progress progress').hidden = true;
  $('#amed-cancel').hidden = true;
  $('#amed-progress span').textContent = sentence;
}

async function keep() {
  const answer = await call('amed_keep', { job: trained });
  if (answer.problem) return complain(answer.problem);
  line.open('explore');
  line.use(answer.values);
}

// ---- one step ---------------------------------------------------------------------------------------

// The open view has changed, or the page has just been shown.
function changed() {
  const own = Object.fromEntries(
    Object.entries(S.values).filter(([k]) => /^(data|model|timesteps|seed)/.test(k) || k === 'solver.predictor'),
  );
  const now = JSON.stringify([own, student(), nfe()]);
  if (now === wanted || S.page !== 'amed') return;
  if (wanted) {
    tabled = null;
  }
  wanted = now;
  refresh(true);
}

async function refresh(planes = false) {
  if (S.page !== 'amed' || !Object.keys(S.values).length) return;
  const id = ++asked;
  const [found, plane] = await Promise.all([
    call('amed_picture', { ...request(), step, pick, ...(trained ? { job: trained } : {}) }, 2),
    planes || !drawn.plane ? call('amed_picture', { ...request(), plane: true }, 2) : null,
  ]);
  if (id !== asked) return;
  if (plane && !plane.problem) drawn.plane = plane;
  if (found.gone) return complain(found.problem);
  if (found.problem && trained) {
    trained = null;
    return refresh(planes);
  } // the job is gone
  if (found.problem && step) {
    step = 0;
    return refresh(planes);
  }
  if (found.problem) complain(found.problem);
  else picture = found;
  draw();
}

const drawn = { plane: null };

// (r, c) by hand.
function hand(r, c) {
  $('#amed-r').value = r;
  $('#amed-c').value = c;
  drawStep();
}

// What pictures say between two of its values of r: linear.
function between(r) {
  const f = clamp(r, 0, 1) * (picture.r.length - 1),
    i = Math.min(picture.r.length - 2, Math.floor(f));
  return [i, f - i];
}
function error(k, r, c) {
  const R = picture.r.length,
    [i, f] = between(r);
  const w = (list) => list[k * R + i] * (1 - f) + list[k * R + i + 1] * f;
  return Math.sqrt(Math.max(0, picture.uu[k] + 2 * c * w(picture.uw) + c * c * w(picture.ww)));
}
const mean = (f) => {
  const n = picture.uu.length;
  let s = 0;
  for (let k = 0; k < n; k++) s += f(k);
  return s / n;
};
function place(list, r) {
  const [i, f] = between(r);
  return [0, 1].map((d) => list[2 * i + d] * (1 - f) + list[2 * i + 2 + d] * f);
}

function drawStep() {
  const box = $('#fig-amed-step');
  for (const id of ['r', 'c']) {
    const s = $(`#amed-${id}`);
    s.style.setProperty('--p', `${(100 * (s.value - s.min)) / (s.max - s.min)}%`);
  }
  $('#amed-r-now').value = (+$('#amed-r').value).toFixed(2);
  $('#amed-c-now').value = (+$('#amed-c').value).toFixed(3);
  if (!window.Plotly || !picture || !box.clientWidth) return;
  const p = picture,
    k = p.pick,
    r = +$('#amed-r').value,
    c = +$('#amed-c').value,
    last = p.path.length / 2 - 1;
  const xy = (list) => [list.filter((_, i) => i % 2 === 0), list.filter((_, i) => i % 2)];
  const [px, py] = xy(p.path),
    goal = [px[last], py[last]];
  const line = (x, y, colour, width, dash = 'solid') => ({
    type: 'scatter',
    mode: 'lines',
    x,
    y,
    hoverinfo: 'skip',
    line: { color: colour, width, dash },
  });
  const dot = (x, y, colour, symbol, size, name) => ({
    type: 'scatter',
    mode: 'markers',
    x: [x],
    y: [y],
    hoverinfo: 'text',
    text: [name],
    marker: { color: colour, symbol, size, line: { width: 1.5, color: colour } },
  });
  const note = (x, y, text, colour, ax = 0, ay = -14) => ({
    x,
    y,
    text,
    showarrow: false,
    xshift: ax,
    yshift: -ay,
    font: { size: 11, color: colour },
  });
  const onPath = (v) => {
    const f = clamp(v, 0, 1) * last,
      i = Math.min(last - 1, Math.floor(f)),
      g = f - i;
    return [px[i] * (1 - g) + px[i + 1] * g, py[i] * (1 - g) + py[i + 1] * g];
  };
  const tangent = (v) => {
    const i = Math.round(clamp(v, 0, 1) * last);
    return [p.tangents[2 * i], p.tangents[2 * i + 1]];
  };
  const star = p.best.r[k],
    [sx, sy] = onPath(star),
    [tx, ty] = tangent(star),
    reach = 0.22 / Math.max(1e-9, Math.hypot(tx, ty) / Math.hypot(...goal));
  const [mx, my] = place(p.points, r),
    [wx, wy] = place(p.moves, r),
    [gx, gy] = place(p.points, 0.5);
  const end = [c * wx, c * wy];
  const traces = [
    line([0, goal[0]], [0, goal[1]], T.ink3, 1, '2px,2px'),
    line(px, py, T.reference, 2, 'dot'),
    line([sx - reach * tx, sx + reach * tx], [sy - reach * ty, sy + reach * ty], T.ink, 1.5),
    dot(sx, sy, T.ink, 'diamond', 8, `tangent parallel to the chord: r = ${short(star)}`),
    line([0, mx], [0, my], T.learned, 1, 'dash'),
    line([0, end[0]], [0, end[1]], T.learned, 2),
    dot(gx, gy, T.onestep, 'circle-open', 8, 'the geometric middle, r = ½'),
    dot(mx, my, T.learned, 'circle', 9, `by hand: r = ${r.toFixed(2)}`),
    dot(...goal, T.reference, 'circle', 9, 'where the path truly arrives'),
    dot(...end, T.learned, 'x', 9, `AMED by hand: r = ${r.toFixed(2)}, c = ${c.toFixed(3)}`),
  ];
  const notes = [
    note(...goal, 'truth', T.ink3, 18, 0),
    note(0, 0, 'start', T.ink3, -4, -12),
    note(sx, sy, 'tangent ∥ chord', T.ink2, 0, 16),
  ];
  if (Math.hypot((mx - gx) / goal[0], my - gy) < 0.08)
    notes.push(note(mx, my, 'x<sub>m</sub>, the middle', T.learnedtext, 0, -16)); // one name for both
  else notes.push(note(gx, gy, 'middle', T.onestep, 0, -14), note(mx, my, 'x<sub>m</sub>', T.learnedtext, -14, 0));
  const L = Math.hypot(...goal),
    high = Math.max(...py.map(Math.abs), 1e-3 * L),
    room = 2.2 * high;
  let top = 1.5 * Math.max(...py, 0.15 * high),
    low = 1.5 * Math.min(...py, -0.15 * high);
  const placed = []; // names that would cover each other are said together
  for (const [name, [x, y]] of Object.entries(p.marks)) {
    const shownY = clamp(y, -room, room),
      off = Math.abs(y) > room ? (y > 0 ? ' ↑' : ' ↓') : '';
    if (x < -0.3 * L || x > 1.12 * L) continue;
    traces.push(
      dot(
        x,
        shownY,
        T.onestep,
        { DDIM: 'square', Heun: 'triangle-up', 'DPM-Solver-2': 'triangle-down' }[name],
        8,
        name,
      ),
    );
    const near = placed.find((q) => Math.abs(q.x - x) < 0.12 * L && Math.abs(q.y - shownY) < 0.3 * high);
    if (near) near.name = `${near.name}, ${name}`;
    else placed.push({ x, y: shownY, name, off });
    top = Math.max(top, 1.2 * shownY);
    low = Math.min(low, 1.2 * shownY);
  }
  for (const q of placed)
    notes.push({
      ...note(q.x, q.y, q.name + q.off, T.onestep, 8, q.y > goal[1] ? -14 : 14),
      xanchor: q.x > 0.7 * L ? 'right' : 'center',
    });
  if (p.learned && student() === 'amed') {
    const [lr, lc] = [p.learned.r[k], p.learned.c[k]],
      [lx, ly] = place(p.points, lr),
      [vx, vy] = place(p.moves, lr);
    traces.push(
      dot(lx, ly, T.learned, 'star', 12, `learned: r = ${lr.toFixed(2)}`),
      dot(lc * vx, lc * vy, T.learned, 'star', 11, `learned: r = ${lr.toFixed(2)}, c = ${lc.toFixed(3)}`),
    );
    notes.push(note(lx, ly, 'learned', T.learnedtext, 0, -14));
    top = Math.max(top, 1.2 * clamp(ly, -room, room));
    low = Math.min(low, 1.2 * clamp(ly, -room, room));
  }
  const axis = (title, range) => ({
    title: { text: title, font: { size: 11 } },
    range,
    gridcolor: T.grid,
    zeroline: false,
    showticklabels: false,
  });
  Plotly.react(
    box,
    traces,
    {
      margin: { l: 30, r: 14, t: 6, b: 24 },
      showlegend: false,
      hovermode: 'closest',
      font: { size: 11, color: T.ink3 },
      width: box.clientWidth - 2,
      height: box.clientHeight - 2,
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      annotations: notes,
      xaxis: axis('along the chord', [-0.06 * L, 1.12 * L]),
      yaxis: axis(`across it, ${short(Math.max(1, L / Math.max(top - low, 1e-9)))} × stretched`, [low, top]),
    },
    { displayModeBar: false },
  );
  const by = mean((j) => error(j, r, c)),
    middle = mean((j) => error(j, 0.5, 1)),
    parallel = mean((j) => error(j, p.best.r[j], p.best.c[j]));
  const learned =
    p.learned && student() === 'amed'
      ? `, learned <b>${short(mean((j) => error(j, p.learned.r[j], p.learned.c[j])))}</b>`
      : '';
  const spread = Math.sqrt(mean((j) => p.best.r[j] ** 2) - mean((j) => p.best.r[j]) ** 2);
  $('#amed-say').innerHTML =
    `Mean error of this step over ${p.uu.length} paths: by hand <b>${short(by)}</b>, middle ${short(middle)}, at the parallel tangent ${short(parallel)}${learned}. Parallel at r = ${mean((j) => p.best.r[j]).toFixed(2)} ± ${spread.toFixed(2)}; ${percent(p.outside)} of this path lies outside the picture’s plane.`;
  $('#amed-learned').disabled = !p.learned;
}

// ---- drawing --------------------------------------------------------------------------------------

function showView(name) {
  view = name;
  $('#amed-learn').hidden = name !== 'learn';
  $('#amed-tables').hidden = name !== 'table';
  $('#amed-table').textContent = name === 'table' ? 'Back' : 'Table';
  draw();
}

function figure(id, given, words) {
  const box = $(id);
  if (!window.Plotly || !box.clientWidth) return;
  const empty = {
    xaxis: { visible: false },
    yaxis: { visible: false },
    margin: { l: 0, r: 0, t: 0, b: 0 },
    annotations: [
      {
        text: words,
        showarrow: false,
        xref: 'paper',
        yref: 'paper',
        x: 0.5,
        y: 0.5,
        font: { size: 12, color: T.ink3 },
      },
    ],
  };
  const layout = {
    ...themed(given?.layout ?? empty),
    width: box.clientWidth - 2,
    height: box.clientHeight - 2,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
  };
  Plotly.react(box, (given?.data ?? []).map(themed), layout, { displayModeBar: false, responsive: false });
}

const cells = (row) => `<tr>${row.map((v) => `<td>${typeof v === 'number' ? v : (v ?? '–')}</td>`).join('')}</tr>`;
const heads = (row) => `<tr>${row.map((v) => `<th scope="col">${v}</th>`).join('')}</tr>`;

function drawQuoted() {
  const rows = line.config.amed.quoted[$('#amed-quoted').value];
  $('#amed-quoted-head').innerHTML = heads(['FID at NFE', 3, 5, 7, 9]);
  $('#amed-quoted-rows').innerHTML = rows.map(cells).join('');
}

function drawPage() {
  changed();
  draw();
}

function draw() {
  if (S.page !== 'amed') return;
  const news = view === 'table' ? tabled : shown;
  $('#amed-title').textContent = news?.title ?? 'Learn where to look and how far to go';
  if (news?.note) $('#amed-note').textContent = news.note;
  if (view === 'table') {
    $('#amed-table-head').innerHTML = tabled ? heads(tabled.columns) : '';
    $('#amed-table-rows').innerHTML = (tabled?.table ?? []).map(cells).join('');
    return;
  }
  $('#amed-learn').classList.toggle('idle', !shown);
  figure(
    '#fig-amed-learning',
    shown?.figure,
    'Train: the error on held-out seeds falls here,<br>the loss of each step below it.',
  );
  figure('#fig-amed-choices', shown?.choices, 'Where each step looks (r) and how far it goes (c).');
  $('#amed-head').innerHTML = shown ? heads(shown.columns) : '';
  $('#amed-rows').innerHTML = (shown?.table ?? []).map(cells).join('');
  figure('#fig-amed-plane', drawn.plane?.figure, drawn.plane?.why ?? 'Measuring …');
  $('#amed-plane-say').textContent = drawn.plane?.words ?? '';
  if (picture) {
    const options = Array.from(
      { length: picture.steps },
      (_, i) => new Option(`step ${i + 1}: σ ${number(picture.levels[i])} → ${number(picture.levels[i + 1])}`, i),
    );
    $('#amed-step').replaceChildren(...options);
    $('#amed-step').value = picture.step;
  }
  drawStep();
}

export const page = { name: 'amed', plotly: true, init, draw: drawPage, changed };
