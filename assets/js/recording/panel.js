// A recorded run on the Schedules page: its strips, its plane, its thumbnails, and a denser run beside it.

import { call, newest } from '../net.js';
import { $ } from '../state.js';
import { isRecording } from './file.js';
import { drawPlane } from './plane.js';
import { ofRecording } from '../leave/parts.js';
import { choices, drawStrips, readStrips, saveStrips, sigmaAt } from './strips.js';

const LARGEST = 8 * 2 ** 20; // bytes
let told = null, // the newest answer
  shown = '', // what it is an answer to
  sigma = null,
  hear = null;

/** Sends a recording; its digest names it from then on.  Throws a sentence.
 * @param {File} file @returns {Promise<{digest: string, text: string}>} */
export async function send(file) {
  if (file.size > LARGEST)
    throw new Error(`${file.name} has ${(file.size / 2 ** 20).toFixed(1)} MB; a recording has at most 8.`);
  let sent;
  try {
    sent = await hear.upload(file);
  } catch {
    throw new Error(`${file.name} could not be sent: it is larger than the limit, or the server’s disk is full.`);
  }
  const kept = await call('recording_keep', { path: sent.path, name: file.name });
  if (kept.problem) throw new Error(kept.problem);
  return kept;
}

/** hear: {upload(file), beside(digest | null), problem(sentence)}. */
export function initRecording(given) {
  hear = given;
  const field = $('#rec-beside-file'),
    sent = newest(send);
  field.onchange = async () => {
    const [file] = field.files;
    field.value = '';
    if (!file) return;
    try {
      if (!(await isRecording(file))) throw new Error(`${file.name} is no recording of explorer.record.`);
      const kept = await sent(file);
      if (!kept) return; // another one was chosen meanwhile
      hear.beside(kept.digest);
      hear.problem(null);
    } catch (error) {
      hear.problem(error.message);
    }
  };
  $('#rec-alone').onclick = () => hear.beside(null);
  $('#rec-save').onclick = () => saveStrips(told.title);
  const strips = $('#rec-strips');
  strips.onpointermove = (e) => told && recordedAt(sigmaAt(e));
}

/** The strips as a figure for print. @param {string} digest @param {string | null} beside */
export const recordingPart = (digest, beside) =>
  ofRecording({ digest, beside, choices: choices() }, told?.title ?? 'A recorded run');

/** Shows the recording of this name, beside another; none where there is no name.
 * @param {string | null} digest @param {string | null} beside */
export async function showRecording(digest, beside) {
  const key = digest ? `${digest} ${beside ?? ''}` : '';
  if (key === shown) return;
  shown = key;
  $('#rec').hidden = !digest;
  if (!digest) {
    told = null;
    return;
  }
  const news = await call('recording', { digest, beside }, 3);
  if (key !== shown) return;
  $('#rec-problem').textContent = news.problem ?? '';
  $('#rec-problem').hidden = !news.problem;
  $('#rec-body').hidden = Boolean(news.problem);
  told = news.problem ? null : news;
  if (!told) return;
  words();
  film();
  drawRecording();
  document.body.dataset.recording = key;
}

function words() {
  $('#rec-title').textContent = told.title;
  $('#rec-note').textContent = [told.note, ...told.notes].join(' ');
  $('.rec-strips').classList.toggle('four', told.strips.length > 3);
  const { beside, plane } = told;
  $('#rec-plane-note').textContent =
    plane.why ?? 'Each sample from its last state, in its own two axes. Dots: x. Dashed: D.';
  $('#rec-plane').hidden = Boolean(plane.why);
  $('#rec-beside').hidden = !beside;
  $('#rec-alone').hidden = !beside;
  if (!beside) return;
  $('#rec-beside-title').textContent = beside.problem ?? beside.title;
  $('#rec-beside-note').textContent = beside.note ?? '';
  $('#rec-table').replaceChildren(...(beside.problem ? [] : [table(beside)]));
}

function table({ columns, rows }) {
  const made = document.createElement('table');
  made.className = 'numbers';
  const row = (cells, tag, into) => {
    const line = into.insertRow();
    for (const text of cells) line.append(Object.assign(document.createElement(tag), { textContent: text }));
  };
  row(columns, 'th', made.createTHead());
  const body = made.createTBody();
  for (const cells of rows) row(cells, 'td', body);
  return made;
}

// What the run answered at its levels, as it was kept: small pictures with their σ.
function film() {
  const box = $('#rec-film');
  box.hidden = !told.thumbnails.length;
  box.replaceChildren(
    ...told.thumbnails.map(({ sigma: level, size: [w, h], data }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h }),
        c = canvas.getContext('2d'),
        image = c.createImageData(w, h),
        raw = atob(data);
      for (let i = 0; i < w * h; i++) {
        for (let k = 0; k < 3; k++) image.data[4 * i + k] = raw.charCodeAt(3 * i + k);
        image.data[4 * i + 3] = 255;
      }
      c.putImageData(image, 0, 0);
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', `D at σ = ${level}`);
      const figure = document.createElement('figure');
      figure.append(canvas, Object.assign(document.createElement('figcaption'), { textContent: level }));
      return figure;
    }),
  );
}

/** Draws it anew, where it is on show: another theme, another size. */
export function drawRecording() {
  if (!told || $('#rec').hidden) return;
  drawStrips(told);
  recordedAt(sigma);
}

/** The page's cursor stands at σ. @param {number | null} at */
export function recordedAt(at) {
  sigma = at;
  if (!told || $('#rec').hidden) return;
  readStrips(sigma);
  if (!told.plane.why) drawPlane(told.plane, sigma);
}
