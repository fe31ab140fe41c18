// A file of one’s own as the data: sent, checked by the server, and named by its digest from then on.

import { call, newest } from '../net.js';
import { $ } from '../state.js';

export function initUpload(upload, problem, taken) {
  const name = $('#file-name'),
    send = newest(async (file) => {
      const { path } = await upload(file);
      return call('receive', { path, name: file.name, size: Number($('#file-size').value) });
    });
  let data = name.textContent; // the file that was read last
  $('#file').addEventListener('change', async (e) => {
    const file = e.target.files[0];
    if (!file) return;
    name.textContent = `Reading ${file.name} …`;
    try {
      const answer = await send(file);
      if (!answer) return; // another one was chosen meanwhile
      if (!answer.problem) data = file.name;
      name.textContent = data; // what was read stays the data
      if (answer.problem) return problem(answer.problem);
      $('#file-read').textContent = answer.read;
      taken(answer.digest);
    } catch {
      name.textContent = data;
      problem(
        `${file.name} could not be sent to the server: it is larger than the limit, or the server’s disk is full.`,
      );
    }
    e.target.value = '';
  });
}
