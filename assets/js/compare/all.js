// The views of Compare beside its own, in the order of their buttons: one line each, which offers itself.
import './map.js';
import './ab.js';
import './grid.js';
