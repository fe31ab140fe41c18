// Other tools' lists among the time steps that a sweep compares.

import { $ } from '../state.js';

/** A menu of other tools' lists; one that is chosen becomes a button beside those of the grids. */
export const toolsMenu = (timesteps) =>
  '<select id="compare-tools" aria-label="Add time steps as another tool names them">' +
  '<option value="">As other tools name it …</option>' +
  Object.entries(timesteps)
    .filter(([, s]) => s.lists)
    .map(
      ([name, s]) =>
        `<optgroup label="${s.label}">` +
        s.lists.map(([list, label]) => `<option value="${name}:${list}">${label}</option>`).join('') +
        '</optgroup>',
    )
    .join('') +
  '</select>';

/** The button of a tool's list, made where there is none; null where no tool has it. */
export function toolsList(name) {
  const there = $(`#compare-grids button[data-name="${CSS.escape(name)}"]`);
  if (there) return there;
  const option = [...$('#compare-tools').options].find((o) => o.value && o.value === name);
  if (!option) return null;
  const made = document.createElement('button');
  made.dataset.name = name;
  made.title = `${option.parentNode.label} ${option.textContent}, over its own range`;
  made.textContent = `${option.parentNode.label} ${option.textContent}`;
  $('#compare-tools').before(made);
  return made;
}
