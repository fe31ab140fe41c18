// A text, or bytes in base64, as a file of the reader's.

import { fileName } from '../save.js';

const KINDS = {
  json: 'application/json',
  csv: 'text/csv',
  npz: 'application/zip',
  parquet: 'application/vnd.apache.parquet',
  txt: 'text/plain',
};

/** @param {string} name what it is called, in words @param {'json' | 'csv' | 'npz' | 'parquet' | 'txt'} ending
 * @param {string | Uint8Array} content */
export function saveAs(name, ending, content) {
  const file = new Blob([content], { type: KINDS[ending] }),
    href = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href, download: `${fileName(name)}.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/** @param {string} text */
export const unpacked = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const cell = (v) => {
  const text = String(v ?? '');
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A table as CSV, all digits that there are. @param {{columns: string[], rows: any[][]}} table */
export const csv = ({ columns, rows }) => [columns, ...rows].map((row) => row.map(cell).join(',')).join('\n') + '\n';
