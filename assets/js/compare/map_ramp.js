// The colours of a map: from the accent, the best, to the ground, × 30 and more; and the ink that is readable there.

import { mix, parse } from '../theme.js';

export const MOST = 30; // times the best, where the ramp ends
export const STEPS = 48;
const READ = 4.5; // the contrast that small numbers need

const part = (v) => (v <= 10.31475 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

/** STEPS + 1 grounds from the best to the worst, each with its ink: where neither ink can be read, the nearest
 * ground where one can.
 * @param {string} best @param {string} worst @param {string[]} inks, as #rrggbb
 * @returns {{ground: string, ink: string, contrast: number}[]} */
export function ramp(best, worst, inks) {
  const [from, to] = [parse(best), parse(worst)];
  const all = Array.from({ length: STEPS + 1 }, (_, k) => {
    const rgb = mix(from, to, k / STEPS),
      read = inks.map((ink) => contrast(light(parse(ink)), light(rgb))),
      first = read.indexOf(Math.max(...read));
    return { ground: `rgb(${rgb.map(Math.round).join(' ')})`, ink: inks[first], contrast: read[first] };
  });
  const fine = all.map((_, k) => k).filter((k) => all[k].contrast >= READ);
  return all.map((one, k) => all[fine.reduce((a, b) => (Math.abs(b - k) < Math.abs(a - k) ? b : a), fine[0] ?? k)]);
}

/** The colours of the page as it is now, for `ramp`: best, worst, inks. */
export function inks() {
  const own = getComputedStyle(document.documentElement),
    hex = (name) => own.getPropertyValue(`--${name}`).trim();
  return [hex('one-step'), hex('sunken'), [hex('on-accent'), hex('ink')]];
}

/** Which step of the ramp a ratio to the best has. @param {number} ratio */
export const step = (ratio) => Math.round(STEPS * Math.min(1, Math.max(0, Math.log(ratio) / Math.log(MOST))));

/** Two digits without the 0 in front: .0071, 1.4, 13. @param {number} value */
export function few(value) {
  if (value && (Math.abs(value) < 1e-5 || Math.abs(value) >= 1e5)) return value.toExponential(0).replace('e', 'e');
  const text = value >= 99.5 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
  return (text.includes('e') ? value.toFixed(6) : text).replace(/^0\./, '.');
}
