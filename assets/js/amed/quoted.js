// What the paper's table says, one data set at a time: quoted, not measured here.

import { $ } from '../state.js';
import { cells, heads } from './show.js';

/** @param {Record<string, any[][]>} quoted rows of each data set */
export function initQuoted(quoted) {
  const menu = $('#amed-quoted');
  const draw = () => {
    $('#amed-quoted-head').innerHTML = heads(['FID at NFE', 3, 5, 7, 9]);
    $('#amed-quoted-rows').innerHTML = quoted[menu.value].map(cells).join('');
  };
  menu.replaceChildren(...Object.keys(quoted).map((name) => new Option(name, name)));
  menu.addEventListener('change', draw);
  draw();
}
