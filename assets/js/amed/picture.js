// One step of a path, in the plane of its chord: the truth, other solvers, and (r, c) by hand.

import { $, clamp } from '../state.js';
import { number, percent, short } from '../numbers.js';
import { T } from '../theme.js';
import { student } from './form.js';
import { error, mean, place } from './measure.js';

// ---- marks ----------------------------------------------------------------------------------------

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

// ---- what is drawn --------------------------------------------------------------------------------

// The path, and its place and direction at v of the way.
function wayOf(p) {
  const xy = (list) => [list.filter((_, i) => i % 2 === 0), list.filter((_, i) => i % 2)];
  const [px, py] = xy(p.path),
    last = p.path.length / 2 - 1;
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
  return { px, py, goal: [px[last], py[last]], onPath, tangent };
}

// The chord, the path with its parallel tangent, and the step by hand.
function sceneOf(p, r, c) {
  const { px, py, goal, onPath, tangent } = wayOf(p);
  const star = p.best.r[p.pick],
    [sx, sy] = onPath(star),
    [tx, ty] = tangent(star),
    reach = 0.22 / Math.max(1e-9, Math.hypot(tx, ty) / Math.hypot(...goal));
  const [mx, my] = place(p, p.points, r),
    [wx, wy] = place(p, p.moves, r),
    [gx, gy] = place(p, p.points, 0.5);
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
    top = 1.5 * Math.max(...py, 0.15 * high),
    low = 1.5 * Math.min(...py, -0.15 * high);
  return { traces, notes, goal, L, high, room: 2.2 * high, top, low };
}

function widen(scene, y) {
  scene.top = Math.max(scene.top, 1.2 * y);
  scene.low = Math.min(scene.low, 1.2 * y);
}

// Where other solvers arrive.
function addMarks(scene, p) {
  const { traces, notes, goal, L, high, room } = scene,
    placed = []; // names that would cover each other are said together
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
    const reach = (q) => (off && off === q.off ? 0.45 : 0.12) * L; // side by side at an edge they share a line
    const near = placed.find((q) => Math.abs(q.x - x) < reach(q) && Math.abs(q.y - shownY) < 0.3 * high);
    if (near) near.name = `${near.name}, ${name}`;
    else placed.push({ x, y: shownY, name, off });
    widen(scene, shownY);
  }
  for (const q of placed)
    notes.push({
      ...note(q.x, q.y, q.name + q.off, T.onestep, 8, q.y > goal[1] ? -14 : 14),
      xanchor: q.x > 0.7 * L ? 'right' : 'center',
    });
}

// Where the predictor looks and how far it goes, once it has learned something.
function addLearned(scene, p) {
  if (!p.learned || student() !== 'amed') return;
  const { traces, notes, room } = scene,
    [lr, lc] = [p.learned.r[p.pick], p.learned.c[p.pick]],
    [lx, ly] = place(p, p.points, lr),
    [vx, vy] = place(p, p.moves, lr);
  traces.push(
    dot(lx, ly, T.learned, 'star', 12, `learned: r = ${lr.toFixed(2)}`),
    dot(lc * vx, lc * vy, T.learned, 'star', 11, `learned: r = ${lr.toFixed(2)}, c = ${lc.toFixed(3)}`),
  );
  notes.push(note(lx, ly, 'learned', T.learnedtext, 0, -14));
  widen(scene, clamp(ly, -room, room));
}

function layoutOf(box, { notes, L, top, low }) {
  const axis = (title, range) => ({
    title: { text: title, font: { size: 11 } },
    range,
    gridcolor: T.grid,
    zeroline: false,
    showticklabels: false,
  });
  return {
    margin: { l: 30, r: 14, t: 12, b: 24 },
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
  };
}

// ---- words and numbers ----------------------------------------------------------------------------

function say(p, r, c) {
  const by = mean(p, (j) => error(p, j, r, c)),
    middle = mean(p, (j) => error(p, j, 0.5, 1)),
    parallel = mean(p, (j) => error(p, j, p.best.r[j], p.best.c[j]));
  const learned =
    p.learned && student() === 'amed'
      ? `, learned <b>${short(mean(p, (j) => error(p, j, p.learned.r[j], p.learned.c[j])))}</b>`
      : '';
  const spread = Math.sqrt(mean(p, (j) => p.best.r[j] ** 2) - mean(p, (j) => p.best.r[j]) ** 2);
  $('#amed-say').innerHTML =
    `Mean error of this step over ${p.uu.length} paths: by hand <b>${short(by)}</b>, middle ${short(middle)}, ` +
    `at the parallel tangent ${short(parallel)}${learned}. ` +
    `Parallel at r = ${mean(p, (j) => p.best.r[j]).toFixed(2)} ± ${spread.toFixed(2)}; ` +
    `${percent(p.outside)} of this path lies outside the picture’s plane.`;
  $('#amed-learned').disabled = !p.learned;
}

function writeHand() {
  for (const id of ['r', 'c']) {
    const s = $(`#amed-${id}`);
    s.style.setProperty('--p', `${(100 * (s.value - s.min)) / (s.max - s.min)}%`);
  }
  $('#amed-r-now').value = (+$('#amed-r').value).toFixed(2);
  $('#amed-c-now').value = (+$('#amed-c').value).toFixed(3);
}

/** The picture `p` of the server with the r and c of the sliders; the sliders alone while there is none. */
export function drawStep(p) {
  const box = $('#fig-amed-step');
  writeHand();
  if (!window.Plotly || !p || !box.clientWidth) return;
  const r = +$('#amed-r').value,
    c = +$('#amed-c').value,
    scene = sceneOf(p, r, c);
  addMarks(scene, p);
  addLearned(scene, p);
  Plotly.react(box, scene.traces, layoutOf(box, scene), { displayModeBar: false });
  say(p, r, c);
}

/** The steps that can be chosen, of the picture on show. */
export function listSteps(picture) {
  const options = Array.from(
    { length: picture.steps },
    (_, i) => new Option(`step ${i + 1}: σ ${number(picture.levels[i])} → ${number(picture.levels[i + 1])}`, i),
  );
  $('#amed-step').replaceChildren(...options);
  $('#amed-step').value = picture.step;
}

/** (r, c) by hand. */
export function hand(picture, r, c) {
  $('#amed-r').value = r;
  $('#amed-c').value = c;
  drawStep(picture);
}
