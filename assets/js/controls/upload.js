// A file of one’s own as the data: sent, checked by the server, and named by its digest from then on.

import { call } from '../net.js';
import { $ } from '../state.js';

export function initUpload(upload, problem, taken) {
  $('#file').addEventListener('change', async (e) => {
    const file = e.target.files[0],
      name = $('#file-name');
    if (!file) return;
    const before = name.textContent;
    name.textContent = `Reading ${file.name} …`;
    try {
      const { path } = await upload(file),
        answer = await call('receive', { path, name: file.name, size: Number($('#file-size').value) });
      name.textContent = answer.problem ? before : file.name; // what was read stays the data
      if (answer.problem) return problem(answer.problem);
      $('#file-read').textContent = answer.read;
      taken(answer.digest);
    } catch {
      name.textContent = before;
      problem(
        `${file.name} could not be sent to the server: it is larger than the limit, or the server’s disk is full.`,
      );
    }
    e.target.value = '';
  });
}
