// The headline: three lines of fixed height.  What the server has found, and what the page knows of it
// just now: that it is a draft, being refined, of former settings, refused, or the last one for a while.

import { $, S, change, set } from './state.js';
import { plain } from './design/formula.js';
import { asked, answered, departures } from './naming.js';
import { askFully } from './answers.js';
import { lookNow, offline } from './net.js';
import { count } from './numbers.js';
import { drawOpened } from './opened.js';
import { drawPin, pinLine, pinnedName } from './pin.js';
import { awayShown } from './stage/away.js';
import { writeControls } from './controls/rows.js';
import { word } from './words/word.js';
import { write } from './written.js';

const SPIN = '<i class="spin"></i>',
  button = (act, words, main = '') => `<button type="button" data-act="${act}" class="${main}">${words}</button>`;
let act = {},
  ticking = null;

/** @param {{ask: () => void, looked: () => void, measure: () => void}} given ask: for the view that the
 * controls describe; looked: another look at the same run; measure: the distance to the data */
export function initHeadline(given) {
  act = {
    away: () => {
      set({ away: !S.away });
      given.looked();
    },
    open: () => {
      set({ opened: !S.opened });
      drawHeadline();
    },
    again: lookNow,
    all: () => askFully('run'),
    distance: given.measure,
    fewer: () => wanted({ samples: S.refusal.samples }),
    back: () => wanted(S.shown),
  };
  const wanted = (values) => {
    change(values);
    writeControls();
    given.ask();
  };
  for (const place of [$('#headline'), $('#opened')])
    place.addEventListener('click', (e) => act[e.target.closest('[data-act]')?.dataset.act]?.());
  addEventListener('resize', fit);
}

// ---- what is said ---------------------------------------------------------------------------------

// What the server has found of the run on show.
function found() {
  const { run, error } = S.parts,
    f = error?.finding;
  if (f) {
    const name = pinnedName() || f.name;
    return { ...f, name, measure: 'median end error', ...f.html, versus: pinLine() || f.html.versus };
  }
  if (!error?.alone) return { name: run.title, blame: run.first ?? error?.why ?? 'Measuring the error …' };
  const { name, chip, words, distance } = error.alone;
  return {
    name,
    measure: 'no path error',
    chips: [{ kind: 'none', text: chip }],
    blame: words,
    versus: distance ? button('distance', 'Measure the distance') : '',
  };
}

function stateOf() {
  const { error } = S.parts;
  if (offline()) return 'offline';
  if (S.refusal) return 'refused';
  if (S.late || S.wants) return 'stale';
  if (!error) return 'waiting';
  if (!error.finding) return 'alone';
  return S.refining ? 'refining' : error.exact ? 'settled' : 'draft';
}

function whileGone() {
  const [now, then] = [asked(), answered()],
    seconds = Math.max(1, Math.round((S.gone?.next - Date.now()) / 1e3));
  return {
    interval: '',
    chips: [{ kind: 'amber', dot: true, text: `no server since ${S.gone?.since}` }],
    blame:
      `This is the last answer${then && `, for ${then}`}. ` +
      `${now ? `Your ${now} is` : 'Your settings are'} kept and will be sent.`,
    versus: `${button('again', 'Try now')}<span class="ci">again in ${seconds} s</span>`,
  };
}

function notMade() {
  const { title, words, samples } = S.refusal,
    { run } = S.parts,
    had = S.shown.samples,
    back = S.values.samples === had ? answered() : count(had);
  const shown = run.first
    ? 'On show: a draft.'
    : `On show: the last run, ${count(had)} samples, ${count(run.nfe)} evaluations.`;
  return {
    name: title,
    measure: '',
    value: '',
    interval: '',
    chips: [],
    blame: `${words} ${shown}`,
    versus:
      (samples ? button('fewer', `Use ${count(samples)} sample${samples === 1 ? '' : 's'}`, 'main') : '') +
      (run.first ? '' : button('back', back ? `Back to ${back}` : 'Back')),
  };
}

const LATER = {
  offline: whileGone,
  refused: notMade,
  stale: () => {
    const [now, then] = [asked(), answered()];
    if (S.wants) {
      const blame = plain(S.wants),
        versus = button('back', then ? `Back to ${then}` : 'Back');
      return { chips: [{ kind: 'amber', text: then ? `of ${then}` : 'of the former data' }], blame, versus };
    }
    const text = now && then ? `of ${then}; asking for ${now}` : 'of the former settings';
    return { chips: [{ kind: 'amber', spin: true, text }] };
  },
  refining: ({ chips }) => {
    const draft = chips.find((c) => c.kind === 'draft'),
      what = S.parts.error.exact ? 'following more paths' : 'refining the reference',
      first = { kind: 'draft', text: draft?.text ?? what, spin: true };
    return { chips: [first, ...chips.filter((c) => c !== draft)] };
  },
};

// ---- writing it -----------------------------------------------------------------------------------

// Of “draft, 64 of 256 paths” what follows the comma, of “following more paths” all: the sign beside it turns.
function spareOf(kind, text) {
  if (kind !== 'draft') return text;
  const [first, ...rest] = text.split(', ');
  if (!rest.length) return `<span class="spare">${text}</span>`;
  return `<span>${first}<span class="spare">, ${rest.join(', ')}</span></span>`; // as one: no gap before the comma
}
const title = (text) => ` title="${text}"`;

function chip({ kind, text, spin, dot }) {
  const before = spin ? SPIN : dot ? '<i class="dot"></i>' : '';
  if (kind !== 'away') return `<span class="chip ${kind}"${title(text)}>${before}${spareOf(kind, text)}</span>`;
  const shown = awayShown();
  if (!shown) return `<span class="chip away" title="None of them is among those on show">${text}</span>`;
  const words = text.replace(/ends? elsewhere/, (found) => word('elsewhere', found, false));
  const how = `data-act="away" aria-pressed="${S.away}" title="Show these paths on the stage"`;
  return `<button type="button" class="chip away" ${how}>${words}</button>`;
}

// What is left of a view that was too much, and the way to all of it.
function cutChips() {
  if (!S.cut) return '';
  const { chip: text, words, fully } = S.cut;
  if (!fully) return `<span class="chip few" title="${words}">${text}</span>`;
  return `<button type="button" class="chip few" data-act="all" title="${words} ${fully}">${text}; run all</button>`;
}

// A name too long for its line goes without its evaluations, which stand at the foot, then what is on its way
// without its words, then in smaller letters; a sentence in smaller letters, then without where its steps lie.
// No word is cut, no number either, and the name stays.
const TIGHT = ['tight', 'tighter', 'tightest'];
let fitted = '';
function fit() {
  const root = $('#headline'),
    now = `${root.textContent} ${innerWidth}`;
  if (now === fitted) return;
  fitted = now;
  fitInto($('.first', root), $('#named'));
  for (const line of ['blame', 'versus'].map((id) => $(`#${id}`))) fitInto(line, $('.main', line) ?? line);
}

function fitInto(line, words) {
  line.classList.remove(...TIGHT);
  for (const how of TIGHT) if (words.scrollWidth > words.clientWidth) line.classList.add(how);
}

// How much of what is on show is of the former settings: of other data or another model all of it.
function markOld(state) {
  const all = state === 'stale' && ['data', 'model'].some((slot) => differing().some((k) => k.split('.')[0] === slot)),
    now = all ? 'all' : '';
  if ((document.body.dataset.stale ?? '') !== now) document.body.dataset.stale = now;
}
const differing = () => departures(S.values, S.shown);

/** Everything of the headline, from the state alone. */
export function drawHeadline() {
  if (!S.parts.run) return;
  const state = stateOf(),
    base = found(),
    said = { ...base, ...LATER[state]?.(base) },
    root = $('#headline');
  drawPin();
  if (root.dataset.state !== state) root.dataset.state = document.body.dataset.answer = state;
  markOld(state);
  const [, short, number = '', long = ''] = /^(.*?)(?:(, [\d,]+)( evaluations?))?$/.exec(said.name);
  write($('#named'), `${short}<span class="count">${number}<span class="long">${long}</span></span>`);
  $('#named').title = said.name;
  write($('#measure'), said.measure ? `: ${said.measure} ` : '');
  const value = $('#value');
  write(value, said.value ?? '', 'textContent');
  value.hidden = !said.value;
  value.disabled = !S.parts.error?.opened;
  write($('#interval'), said.interval ? word('interval95', said.interval, false) : '');
  write($('#chips'), cutChips() + (said.chips ?? []).map(chip).join(''));
  for (const name of ['blame', 'versus']) {
    const line = $(`#${name}`);
    if (write(line, said[name] ?? '')) line.title = line.textContent; // where it is cut off
  }
  fit();
  const { done, total } = S.refining ?? {};
  write($('#refined'), total ? `${Math.round((100 * done) / total)}%` : '', 'title');
  $('#refined i').style.width = total ? `${(100 * done) / total}%` : '';
  drawOpened(state);
  tick(state);
}

// While the server is away the seconds until the next look run down.
function tick(state) {
  if ((state === 'offline') === Boolean(ticking)) return;
  clearInterval(ticking);
  ticking = state === 'offline' ? setInterval(drawHeadline, 1000) : null;
}
