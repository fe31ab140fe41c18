// Figures as files: what Plotly has drawn as SVG, what a canvas shows as PNG.

import { $, $$, plotly } from './state.js';
import { T } from './theme.js';

export const fileName = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .replace(/^-|[-.]+$/g, '')
    .slice(0, 80) || 'figure';

// Every button with data-save="id of a figure".  title: the words above it, which name the file.
export function initSave(title) {
  for (const button of $$('[data-save]'))
    button.onclick = async () => {
      const box = $(`#${button.dataset.save}`);
      await plotly();
      if (!box.data?.length) return;
      const layout = { ...box.layout, paper_bgcolor: T.surface },
        { width, height } = box.layout;
      Plotly.downloadImage(
        { data: box.data, layout },
        {
          format: 'svg',
          width,
          height,
          filename: fileName(
            `${button.closest('.cell')?.querySelector('h3').firstChild.textContent ?? ''} ${title()}`.trim(),
          ),
        },
      );
    };
}

// Canvases that lie over each other, as one picture on the page's ground.
export function saveCanvases(canvases, name) {
  const sheet = document.createElement('canvas'),
    c = sheet.getContext('2d');
  [sheet.width, sheet.height] = [canvases[0].width, canvases[0].height];
  c.fillStyle = T.surface;
  c.fillRect(0, 0, sheet.width, sheet.height);
  for (const canvas of canvases) if (canvas.width) c.drawImage(canvas, 0, 0, sheet.width, sheet.height);
  const link = Object.assign(document.createElement('a'), {
    href: sheet.toDataURL('image/png'),
    download: `${fileName(name)}.png`,
  });
  link.click();
}
