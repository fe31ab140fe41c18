// Networks of the model menu: which are here, their classes, opening an EDM .pkl or a zipped
// diffusers folder, fetching a published one.  The list comes from the server and changes when a
// file or a training adds to it.

import { job } from '../job.js';
import { call, newest } from '../net.js';
import { recall, remember } from '../remember.js';
import { $, S, change, set } from '../state.js';

const KEY = 'model.checkpoint',
  CLASS = 'model.condition',
  GUIDE = 'model.guide';
let list = [],
  mayFetch = false,
  offered = null;
const fetching = job({ pause: 400 });
let early = false; // a network was wanted before the list was here

const of = (name) => list.find((n) => n.name === name);
const sameData = (n) => Object.entries(n.data ?? {}).every(([k, v]) => String(S.values[k]) === String(v));
const automatic = () => list.find((n) => n.group === 'With the page' && n.data?.data && sameData(n));
const chosen = () => (S.values[KEY] ? of(S.values[KEY]) : automatic());

function options(select, entries) {
  const text = JSON.stringify(entries),
    value = select.value;
  if (select.dataset.shown === text) return;
  select.dataset.shown = text;
  select.replaceChildren();
  let group = null;
  for (const [v, label, heading] of entries) {
    if (heading && group?.label !== heading) {
      group = document.createElement('optgroup');
      group.label = heading;
      select.append(group);
    }
    const option = new Option(label, v);
    (heading ? group : select).append(option);
  }
  select.value = value;
}

/** Whether a row is of words that the chosen network does not read; what a link says stays seen. */
export const unread = (key) => ['model.prompt', 'model.negative'].includes(key) && !chosen()?.prompts && !S.values[key];

/** What a class is called: its name, or its number where it has none.
 * @param {string[] | undefined} names @param {number} k @returns {string} */
export const className = (names, k) => names?.[k] ?? String(k);

// The names that this visitor has typed for a network's classes; else its own.
const typed = (n) => recall(`names:${n.name}`) ?? '';
export function namesOf(n) {
  const own = typed(n)
    .split(/[,;\n]/)
    .map((name) => name.trim());
  return own.some(Boolean) ? own.map((name, k) => name || String(k)) : n.names;
}

// The classes of a network, by their names.
function fillClasses(n) {
  const classes = n?.classes ?? 0,
    names = classes ? namesOf(n) : [],
    known = [...Array(classes).keys()].map((k) => [String(k), className(names, k), '']);
  $('#names-row').hidden = !classes;
  if (classes && document.activeElement !== $('#network-names')) $('#network-names').value = typed(n);
  options($('#network-condition'), [
    ...(n?.any || !classes || S.values[CLASS] < 0 ? [['-1', classes ? 'any' : 'no classes', '']] : []),
    ...known,
    ...(S.values[CLASS] >= classes ? [[String(S.values[CLASS]), String(S.values[CLASS]), '']] : []),
  ]);
  $('#network-condition').closest('.row').classList.toggle('off', !classes);
}

// Fill the menus for what is chosen; called before the rows are written.
export function fillNetworks() {
  const on = S.values.model === 'network',
    select = $('#network-checkpoint');
  if (!select) return;
  $('#network-row').hidden = !on;
  $('#fetch-row').hidden = !on || !offered;
  $('#names-row').hidden = true;
  if (!on) return;
  const name = S.values[KEY],
    n = chosen(),
    auto = automatic();
  const told = list.filter((m) => !m.quiet || m.name === name);
  const rows = told.map((m) => [
    m.name,
    m.here ? m.label : `${m.label} (${m.megabytes} MB)`,
    m.here ? m.group : 'Published, not fetched',
  ]);
  if (name && !of(name)) rows.unshift([name, `${name} (not here)`, '']);
  options(select, [['', auto ? `${auto.label} (first for these data)` : 'The first for these data', ''], ...rows]);
  fillClasses(n);
  const peers = told.filter((m) => m.here && m !== n && String(m.shape) === String(n?.shape));
  options($('#network-guide'), [
    ['', n?.prompts ? 'itself, by the negative prompt' : 'itself, any class', ''],
    ...peers.map((m) => [m.name, m.label, '']),
    ...(S.values[GUIDE] && !peers.some((m) => m.name === S.values[GUIDE])
      ? [[S.values[GUIDE], S.values[GUIDE], '']]
      : []),
  ]);
  if (offered)
    $('#fetch').textContent = fetching.running()
      ? $('#fetch').textContent
      : `Fetch ${offered.label}, ${offered.megabytes} MB, ${offered.licence}`;
}

// A network brings data that fit, and a class where it always needs one.
function adopt(n) {
  const side = String(n.shape?.[1]); // images of one’s own are brought to its size
  if ([...$('#file-size').options].some((o) => o.value === side)) $('#file-size').value = side;
  if (n.data?.data && !sameData(n)) {
    change(n.data, (k) => k.split('.')[0] === 'data');
  }
  let condition = S.values[CLASS] ?? -1;
  if (condition >= n.classes) condition = -1;
  if (n.classes && !n.any && condition < 0) condition = 0;
  change({ [KEY]: n.name, [CLASS]: condition });
  set({ opening: true });
}

// “Trained network” was just chosen: the one for these data, else the first that is here.
export function adoptFirst() {
  const first = list.find((n) => n.here && n.data?.data === S.values.data) ?? list.find((n) => n.here);
  early = !list.length;
  if (first && !S.values[KEY] && !automatic()) adopt(first);
}

export async function refreshNetworks() {
  const answer = await call('network_list', {}, 2);
  if (answer.gone) return;
  list = answer.networks;
  mayFetch = answer.fetch;
  fillNetworks();
}

const elsewhere = (n) =>
  `${n.label} is not on this machine. Its owner can fetch it with “python -m explorer fetch ${n.name}” ` +
  `(${n.megabytes} MB, ${n.licence}).`;

// A network from a file of this visitor.
function wireFile(upload, take, problem) {
  const send = newest(async (file) => {
    const { path } = await upload(file);
    return call('network_open', { path, name: file.name });
  });
  $('#network-file').addEventListener('change', async (e) => {
    const file = e.target.files[0],
      label = $('#network-file-name');
    if (!file) return;
    label.textContent = `Reading ${file.name} …`;
    try {
      const answer = await send(file);
      if (!answer) return; // another one was chosen meanwhile
      take(answer);
    } catch {
      problem(`${file.name} could not be sent to the server: it is above --max-upload, or the disk is full.`);
    }
    label.textContent = label.dataset.plain;
    e.target.value = '';
  });
}

export function initNetworks(upload, { changed, problem }) {
  const take = (answer) => {
    if (answer.problem) return problem(answer.problem);
    list = answer.networks;
    change({ model: 'network', 'model.guidance': S.values['model.guidance'] ?? 1, [GUIDE]: '' });
    adopt(of(answer.network));
    offered = null;
    changed();
  };
  // before the panel hears of it: the change is more than one value
  $('#network-checkpoint').addEventListener('change', (e) => {
    const n = of(e.target.value);
    offered = n && !n.here ? n : null;
    if (offered) {
      e.stopPropagation();
      e.target.value = S.values[KEY];
      if (!mayFetch) {
        problem(elsewhere(n));
        offered = null;
      }
    } else if (n) adopt(n);
    fillNetworks();
  });
  wireFile(upload, take, problem);
  $('#network-names').addEventListener('change', (e) => {
    remember(`names:${chosen().name}`, e.target.value.slice(0, 100_000));
    fillNetworks();
  });
  $('#fetch').addEventListener('click', async () => {
    if (fetching.running()) return fetching.cancel();
    const answer = await fetching.run({ kind: 'fetch', name: offered.name }, (news) => {
      const done = Math.round((news.bytes ?? 0) / 1e6),
        all = news.size ? ` of ${Math.round(news.size / 1e6)}` : '';
      $('#fetch').textContent = `${done}${all} MB; stop`;
    });
    fillNetworks();
    take(answer);
  });
  // a training has ended, here or in another tab; its network may be wanted at once
  document.addEventListener('trained', refreshNetworks);
  document.addEventListener('use-network', async (e) => {
    await refreshNetworks();
    take({ networks: list, network: e.detail.name });
  });
  return refreshNetworks().then(() => {
    if (!early || S.values.model !== 'network') return;
    adoptFirst();
    changed();
  });
}
