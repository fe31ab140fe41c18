// The tangent of a path, EDM Fig. 3: dx/dσ = (x − D)/σ, so where time is σ and nothing is scaled, one Euler
// step to σ = 0 lands on the denoised D(x; σ).  In other frames it lands elsewhere, and the picture shows it.

const H = 1e-2; // of ln σ on both sides: half a row of the table, whose derivative is then smooth

/** Where the tangent of s x over t begins and where it lands at σ = 0.
 * @param {{t: (sigma: number) => number, s: (sigma: number) => number}} f the frame
 * @param {number} sigma above 0
 * @param {number} x unscaled
 * @param {number} D the denoiser's answer there
 * @returns {{from: number, to: number}} both scaled by s */
export function tangent(f, sigma, x, D) {
  const along = (g) => Math.log(g(sigma * Math.exp(H)) / g(sigma * Math.exp(-H))) / (2 * H), // d ln g / d ln σ
    rest = f.t(0) / f.t(sigma),
    s = f.s(sigma),
    slope = s * (x * along(f.s) + x - D); // d(s x) / d ln σ
  return { from: s * x, to: s * x - (slope * (1 - rest)) / along(f.t) };
}

/** The same in a plane whose unit grows with the noise: places of the Euler step on its way to D.
 * @param {(sigma: number) => number} unit what a level is divided by */
export const euler = (sigma, x, D, unit, count = 24) =>
  Array.from({ length: count + 1 }, (_, i) => {
    const left = (1 - i / count) ** 2; // dense where the unit changes most
    return x.map((v, m) => (D[m] + left * (v - D[m])) / unit(sigma * left));
  });
