// Augmentation, as images with what the network is told.

import { showPop } from '../help.js';
import { picture } from './samples.js';

/** Images before and after augmentation, with what the network is told of it. */
export function showAugmented(anchor, augmented) {
  const {
    shape: [C, H, W],
    count,
    before,
    after,
    labels,
    names,
  } = augmented;
  const rows = labels
    .map(
      (row) =>
        '<tr><td><canvas></canvas></td><td><canvas></canvas></td>' +
        `${row.map((v) => `<td>${v ? `<b>${v}</b>` : '0'}</td>`).join('')}</tr>`,
    )
    .join('');
  const box = showPop(
    anchor,
    '<h3>Before, after, and what the network is told</h3><p>Each operation happens here to half of the images. ' +
      'In training the network hears these nine numbers; when it samples it hears zeros, so nothing leaks.</p>' +
      '<table class="augmented"><thead><tr><th></th><th></th>' +
      `${names.map((n) => `<th scope="col">${n}</th>`).join('')}</tr></thead><tbody>${rows}</tbody></table>`,
  );
  const shown = [picture(before, count, { C, H, W }), picture(after, count, { C, H, W })];
  [...box.querySelectorAll('canvas')].forEach((canvas, j) => {
    [canvas.width, canvas.height] = [W, H];
    canvas.getContext('2d').drawImage(shown[j % 2], 0, (j >> 1) * H, W, H, 0, 0, W, H);
  });
}
