// A page that says how many steps the view has, and keeps a word in the link.

import { $, S } from '../state.js';

let word = '',
  visits = 0;

export const page = {
  name: 'toy',
  keys: ['word'],
  init(line) {
    $('#toy-word').oninput = (e) => {
      word = e.target.value;
      line.address();
    };
  },
  read(params) {
    word = params.get('word') ?? '';
    $('#toy-word').value = word;
  },
  write(params) {
    if (word) params.set('word', word);
  },
  draw() {
    $('#toy-steps').textContent = S.parts.run.steps;
  },
  resume() {
    visits += 1;
    $('#toy-visits').textContent = visits;
  },
};
