// A figure for print of what the page shows: which part, for which column, in which letters; seen before it
// is saved.  The server draws the marks that the page holds, so the paper shows what the screen shows.

import { $, S } from '../state.js';
import { call } from '../net.js';
import { fileName, handOver } from '../save.js';
import { recall, remember } from '../remember.js';
import { escaped } from '../schedules/svg.js';

const KINDS = { pdf: 'PDF', svg: 'SVG', png: 'PNG, 300 dots an inch' };
const PAUSE = 150; // ms at rest before a preview is asked for
const PLACE = 'figure';

let box = null,
  widths = [], // [name, label, inches] of each venue
  parts = [], // {label, title, ask: () => request} of each part that can be drawn
  turn = 0,
  timer = null;

/** @param {any[][]} known the venues, as the server has them */
export const knowWidths = (known) => (widths = known);

/** The dialog, with what can be drawn.
 * @param {{label: string, title: string, ask: () => object}[]} offered
 * @param {{part?: number, kind?: string}} [first] what is chosen at first */
export function openFigure(offered, { part = 0, kind } = {}) {
  parts = offered;
  make();
  const form = $('form', box),
    last = known();
  form.what.innerHTML = parts.map(({ label }, i) => `<option value="${i}">${escaped(label)}</option>`).join('');
  form.what.value = String(part);
  if (widths.some(([name]) => name === last.width)) form.width.value = last.width;
  if (['serif', 'sans'].includes(last.font)) form.font.value = last.font;
  if (kind ?? KINDS[last.kind]) form.kind.value = kind ?? last.kind;
  form.grey.checked = last.grey === true;
  box.showModal();
  look();
}

function make() {
  if (box) return;
  box = document.createElement('dialog');
  box.className = 'asks for-print';
  box.setAttribute('aria-labelledby', 'for-print-head');
  const columns = widths.map(([k, label, inches]) => [k, `${label}, ${inches} in`]);
  const options = (all) => all.map(([value, words]) => `<option value="${value}">${escaped(words)}</option>`).join('');
  box.innerHTML = `<form method="dialog"><h3 id="for-print-head">Figure for print</h3><div class="fields">
    <label>Show <select name="what"></select></label>
    <label>Column <select name="width">${options(columns)}</select></label>
    <label>Letters <select name="font">${options([
      ['serif', 'serif'],
      ['sans', 'sans serif'],
    ])}</select></label>
    <label>File <select name="kind">${options(Object.entries(KINDS))}</select></label>
    <label class="tick"><input type="checkbox" name="grey"> told apart in grey</label></div>
    <div class="proof"><img alt=""></div><p class="said" role="status"></p>
    <details class="caption"><summary>Caption, kept in the file</summary><p></p>
    <button type="button" class="ghost copy">Copy caption</button>
    <button type="button" class="ghost text">Save caption</button></details>
    <div class="ends"><button type="button" class="save">Download</button>
    <button class="ghost">Close</button></div></form>`;
  $('.page').append(box);
  $('form', box).addEventListener('change', () => {
    keep();
    look();
  });
  $('.save', box).onclick = save;
  $('.copy', box).onclick = copy;
  $('.text', box).onclick = text;
  box.addEventListener('close', () => {
    turn++; // what is on its way is no longer wanted
    clearTimeout(timer);
  });
}

// What was chosen last time, in this browser.
function known() {
  try {
    return JSON.parse(recall(PLACE)) ?? {};
  } catch {
    return {};
  }
}

const chosen = () => {
  const { what, width, font, kind, grey } = $('form', box);
  return { part: parts[+what.value], width: width.value, font: font.value, kind: kind.value, grey: grey.checked };
};

function keep() {
  const { width, font, kind, grey } = chosen();
  remember(PLACE, JSON.stringify({ width, font, kind, grey }));
}

const say = (words) => ($('.said', box).textContent = words);

function ask(more) {
  const { part, width, font, kind, grey } = chosen();
  return call('paper', {
    values: S.shown ?? S.values,
    title: part.title,
    ...part.ask(),
    width,
    font,
    kind,
    grey,
    ...more,
  });
}

// A preview at the width that it will have on paper.
function look() {
  clearTimeout(timer);
  const mine = ++turn;
  box.setAttribute('aria-busy', 'true');
  timer = setTimeout(async () => {
    const answer = await ask({ kind: 'png', glance: true });
    if (mine !== turn) return;
    box.removeAttribute('aria-busy');
    show(answer);
  }, PAUSE);
}

function show({ file, type, caption, problem }) {
  const picture = $('img', box);
  say(problem ?? (file ? '' : 'The figure was overtaken; choose again.'));
  $('.save', box).disabled = !file;
  picture.hidden = !file;
  if (!file) return;
  const inches = widths.find(([name]) => name === chosen().width)[2];
  picture.src = `data:${type};base64,${file}`;
  picture.style.width = `${96 * inches}px`;
  picture.alt = `Preview: ${caption}`;
  $('.caption p', box).textContent = caption;
}

async function save() {
  const button = $('.save', box),
    { part, kind } = chosen();
  if (button.getAttribute('aria-busy')) return;
  button.setAttribute('aria-busy', 'true');
  const { file, type, problem } = await ask({});
  button.removeAttribute('aria-busy');
  if (!file) return say(problem ?? 'The figure was overtaken; press once more.');
  const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
  handOver(new Blob([bytes], { type }), `${fileName(part.title)}.${kind}`);
  say(`Saved as ${fileName(part.title)}.${kind}.`);
}

// The caption as a file beside the figure, as the command line writes it.
function text() {
  const name = `${fileName(chosen().part.title)}.txt`;
  handOver(new Blob([`${$('.caption p', box).textContent}\n`], { type: 'text/plain' }), name);
  say(`Saved as ${name}.`);
}

async function copy() {
  const text = $('.caption p', box).textContent;
  const done = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  say(done ? 'The caption is copied.' : 'This browser lets no page copy; mark the caption and copy it.');
}
