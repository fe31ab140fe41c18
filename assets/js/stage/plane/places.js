// Where the samples of the run are at a level of noise, and where that lies on the screen.

import { S, clamp, lowest, stepAt, unpack, UNITS } from '../../state.js';
import { frameOf } from '../frames.js';
import { once } from '../../draw/canvas.js';

const SHOWN = 28; // samples with a path of their own

const heldData = once(),
  heldRun = once(),
  heldPath = once();

export const dataArrays = () =>
  heldData(S.parts.data.key, () => {
    const { dots, density } = S.parts.data;
    return { dots: unpack.positions(dots), maps: unpack.grey(density.maps), arrows: unpack.signed(density.arrows) };
  });
export const runArrays = () =>
  heldRun(S.parts.run.key, () => {
    const { x, x_hat, denoised } = S.parts.run,
      states = unpack.positions(x);
    return { x: states, from: x_hat ? unpack.positions(x_hat) : states, D: unpack.positions(denoised) };
  });
export const exactPaths = () =>
  S.parts.path?.exact ? heldPath(S.parts.path.key, () => unpack.positions(S.parts.path.exact)) : null;

// ---- where the samples are ------------------------------------------------------------------------

export const size = (sigma) => Math.sqrt(1 + (sigma / S.parts.data.spread) ** 2); // noisy spread ÷ clean spread
export const picked = () => Math.min(S.pick, S.parts.run.count - 1);
export const some = () => Math.min(SHOWN, S.parts.run.count);

// At level σ every sample is the same combination of its stored states: the weights of the state
// before and after the step and of the denoiser's answer before and after.  Between steps x follows
// the solver's chord, straight in the frame's own (t, s x); D is blended in ln σ.
export function placing(level, i = stepAt(level)) {
  const { run, data } = S.parts,
    { x, from, D } = runArrays(),
    K = run.count,
    n = run.hat.length;
  const a = run.hat[i],
    b = run.sigma[i + 1],
    sigma = S.what === 'e' ? Math.max(level, lowest()) : level; // ε ends where σ does
  const p = {
    A: from,
    B: x,
    D,
    a: 2 * K * i,
    b: 2 * K * (i + 1),
    d: 2 * K * Math.min(i + 1, n - 1),
    wa: 0,
    wb: 0,
    wd: 0,
    we: 0,
  };
  const along = b > 0 ? clamp(Math.log(a / sigma) / Math.log(a / b), 0, 1) : 0;
  if (S.what === 'D') return Object.assign(p, { wd: (1 - along) / UNITS, we: along / UNITS });
  if (S.what === 'x' && b === 0 && sigma <= lowest() * 1.0001) return Object.assign(p, { wb: 1 / UNITS });
  const { t, s } = frameOf(run.frame),
    f = clamp((t(a) - t(sigma)) / (t(a) - t(b)), 0, 1);
  const scale = S.what === 'e' ? data.spread / sigma : S.view === 'true' ? 1 : 1 / size(sigma);
  p.wa = (((size(a) * s(a)) / s(sigma)) * (1 - f) * scale) / UNITS;
  p.wb = (((size(b) * s(b)) / s(sigma)) * f * scale) / UNITS;
  if (S.what === 'e') {
    p.wd = (-(1 - along) * scale) / UNITS;
    p.we = (-along * scale) / UNITS;
  }
  return p;
}

const spot = [0, 0];
export function place(p, k) {
  const j = 2 * k;
  for (const m of [0, 1])
    spot[m] = p.wa * p.A[p.a + j + m] + p.wb * p.B[p.b + j + m] + p.wd * p.D[p.a + j + m] + p.we * p.D[p.d + j + m];
  return spot;
}

// ---- the screen -----------------------------------------------------------------------------------

export const unit = ({ w, h }) => {
  const [rx, ry] = S.parts.data.density.reach;
  return 1.1 * Math.max(Math.min(w, 1.15 * h) / (2 * rx), h / (2 * ry)) * Math.min(1, w / h / 0.9);
};
export function screen(size) {
  const k = unit(size) * S.zoom.k,
    { x, y } = S.zoom;
  return { k, w: size.w, h: size.h, X: (u) => size.w / 2 + k * (u - x), Y: (v) => size.h / 2 - k * (v - y) };
}
