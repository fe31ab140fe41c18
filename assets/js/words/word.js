// A word where it stands: the page's own spelling of what the server writes (explorer/ui/glossary.py).

const STRIPS = {
  steps: 'time_steps',
  curvature: 'curvature',
  plane: 'out_of_plane',
  loss: 'loss',
  error: 'end_error',
};

/** @param {string} name of assets/glossary @param {string} text @param {boolean} [stop] a place of the Tab key of its
 * own; without one F1 opens its card from the control beside it */
export const word = (name, text, stop = true) =>
  `<span class="word" data-word="${name}"${stop ? ' role="button" tabindex="0"' : ''}>${text}</span>`;

/** A text with marks as [[rho|ρ]], made words.
 * @param {string} text @param {boolean} [stop] */
export const marked = (text, stop = true) =>
  text.replace(/\[\[([a-z_0-9]+)\|([^\]]+)\]\]/g, (_, name, shown) => word(name, shown, stop));

/** The title of a strip, a word where it is one. */
export const ofStrip = ({ name, title }) => (STRIPS[name] ? word(STRIPS[name], title, false) : title);

// Heads of tables and names of what is drawn, as they are written, and the words that they are.
const HEADS = {
  σ: 'sigma',
  ρ: 'rho',
  NFE: 'nfe',
  evaluations: 'nfe',
  solver: 'solver',
  Solver: 'solver',
  r: 'amed_rc',
  c: 'amed_rc',
  γ: 'gamma',
  D: 'denoised',
  ε: 'noise',
  samples: 'sample',
  paths: 'path',
  data: 'data',
  score: 'score',
  share: 'share',
  'share of error': 'share',
  order: 'order',
  median: 'median',
  'end error': 'end_error',
  'median end error': 'end_error',
  'local error': 'local_error',
  'p(x; σ)': 'density',
  'p(x)': 'density',
  'slope dx/dt': 'slope',
  '95 %': 'interval95',
  '95 % interval': 'interval95',
  'Δ ln σ': 'dlnsigma',
  Fréchet: 'frechet',
  EDM: 'edm',
  VP: 'vp',
  VE: 've',
};

/** The head of a column or the name of a thing drawn, a word where it is one.
 * @param {string} text */
export const ofHead = (text) => (HEADS[text] ? word(HEADS[text], text, false) : text);

// The layers of the stage, by the buttons that show them.
const LAYERS = { samples: 'sample', paths: 'path', one: 'reference', data: 'data', density: 'density', score: 'score' };

/** The name of a layer in the stage's legend. @param {string} show @param {string} text */
export const ofLayer = (show, text) => (LAYERS[show] ? word(LAYERS[show], text, false) : text);
