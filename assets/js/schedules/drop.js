// A file dropped anywhere on the page, or opened: text is read here, a picture by the server.

import { isRecording } from '../recording/file.js';

const LARGEST = 5_000_000; // bytes of text
const LARGEST_PICTURE = 40_000_000;
const PICTURE = /\.(png|webp|jpe?g)$/i;

/** The text of a file.  Throws a sentence for what is none.
 * @param {File} file @param {(file: File) => Promise<any>} [upload] */
export async function textOf(file) {
  if (PICTURE.test(file.name) || file.type.startsWith('image/')) return inside(file);
  if (file.size > LARGEST)
    throw new Error(`${file.name} has ${file.size.toLocaleString('en')} bytes; at most 5,000,000 are read.`);
  return file.text();
}

// The words that ComfyUI and A1111 write into a PNG: chunks tEXt and iTXt, without any library.
async function inside(file) {
  if (file.size > LARGEST_PICTURE) throw new Error(`${file.name} is larger than 40 MB.`);
  const found = words(new Uint8Array(await file.arrayBuffer()));
  const text = found.workflow ?? found.prompt ?? found.parameters;
  if (!text)
    throw new Error(`${file.name} holds no workflow and no parameters: a PNG as ComfyUI or A1111 saved it works.`);
  return text;
}

/** Keyword → text of the chunks of a PNG.
 * @param {Uint8Array} bytes @returns {Record<string, string>} */
export function words(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset),
    latin = new TextDecoder('latin1'),
    utf8 = new TextDecoder(),
    out = {};
  if (latin.decode(bytes.subarray(1, 4)) !== 'PNG') return out;
  for (let at = 8; at + 12 <= bytes.length;) {
    const size = view.getUint32(at),
      kind = latin.decode(bytes.subarray(at + 4, at + 8)),
      body = bytes.subarray(at + 8, at + 8 + size),
      end = body.indexOf(0);
    if (kind === 'tEXt' && end > 0) out[latin.decode(body.subarray(0, end))] = utf8.decode(body.subarray(end + 1));
    if (kind === 'iTXt' && end > 0 && body[end + 1] === 0) {
      const tongue = body.indexOf(0, end + 3),
        start = body.indexOf(0, tongue + 1) + 1;
      out[latin.decode(body.subarray(0, end))] = utf8.decode(body.subarray(start));
    }
    if (kind === 'IEND') break;
    at += 12 + size;
  }
  return out;
}

/** @param {HTMLElement[]} parts where a file that hovers shows
 * @param {{text: (text: string) => void, recording: (file: File) => Promise<void>,
 *   problem: (s: string | null) => void}} hear */
export function dropping(parts, { text, recording, problem }) {
  async function take(file) {
    try {
      if (await isRecording(file)) {
        problem(null);
        await recording(file);
        return;
      }
      const found = await textOf(file);
      problem(null);
      text(found);
    } catch (error) {
      problem(error.message);
    }
  }
  const field = document.querySelector('#sch-file');
  field.onchange = () => {
    if (field.files[0]) take(field.files[0]);
    field.value = '';
  };
  // A field for files takes its own.
  const here = (e) =>
    e.dataTransfer?.types.includes('Files') && !e.target.closest?.('input[type=file], label:has([type=file])');
  document.addEventListener('dragover', (e) => {
    if (!here(e)) return;
    e.preventDefault();
    for (const part of parts) part.classList.add('drop');
  });
  const away = () => parts.forEach((part) => part.classList.remove('drop'));
  document.addEventListener('dragleave', (e) => e.relatedTarget == null && away());
  document.addEventListener('drop', (e) => {
    if (!here(e)) return;
    e.preventDefault();
    away();
    const [file] = e.dataTransfer.files;
    if (file) take(file);
  });
}
