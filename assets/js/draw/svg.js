// The strokes and fills of a canvas, written down as SVG: what `marks.js` draws on a canvas it draws here.

const digits = (v) => String(+v.toFixed(2));
const NAMED = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => NAMED[c]);
const RAISE = { middle: 0.35, top: 0.8, bottom: -0.22, alphabetic: 0 }; // of the letters' size, downwards
const ANCHOR = { left: 'start', center: 'middle', right: 'end' };

/** A context that remembers; `toString` gives the picture.
 * @param {number} w @param {number} h */
export class SVG {
  constructor(w, h) {
    Object.assign(this, { w, h, fillStyle: '#000', strokeStyle: '#000', lineWidth: 1, lineJoin: 'miter' });
    Object.assign(this, { font: '11px sans-serif', textAlign: 'left', textBaseline: 'alphabetic' });
    this.parts = [];
    this.clips = 0;
    this.open = [];
    this.path = '';
    this.dash = '';
  }

  beginPath() {
    this.path = '';
  }
  moveTo(x, y) {
    this.path += `M${digits(x)},${digits(y)}`;
  }
  lineTo(x, y) {
    this.path += `${this.path ? 'L' : 'M'}${digits(x)},${digits(y)}`;
  }
  closePath() {
    this.path += 'Z';
  }
  // A whole circle: the marks know no other arc.
  arc(x, y, r) {
    const [d, s] = [digits(2 * r), digits(r)];
    this.path += `M${digits(x - r)},${digits(y)}a${s},${s} 0 1 0 ${d},0a${s},${s} 0 1 0 -${d},0Z`;
  }
  rect(x, y, w, h) {
    this.path += `M${digits(x)},${digits(y)}h${digits(w)}v${digits(h)}h${digits(-w)}Z`;
  }
  setLineDash(lengths) {
    this.dash = lengths.length ? ` stroke-dasharray="${lengths.join(' ')}"` : '';
  }

  fill() {
    if (this.path) this.parts.push(`<path d="${this.path}" fill="${this.fillStyle}"/>`);
  }
  stroke() {
    if (!this.path) return;
    const { strokeStyle, lineWidth, lineJoin, dash } = this,
      style = `stroke="${strokeStyle}" stroke-width="${lineWidth}" stroke-linejoin="${lineJoin}"${dash}`;
    this.parts.push(`<path d="${this.path}" fill="none" ${style}/>`);
  }
  fillRect(x, y, w, h) {
    const box = `x="${digits(x)}" y="${digits(y)}" width="${digits(w)}" height="${digits(h)}"`;
    this.parts.push(`<rect ${box} fill="${this.fillStyle}"/>`);
  }

  save() {
    this.open.push(0);
  }
  clip() {
    const id = `clip${++this.clips}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath><g clip-path="url(#${id})">`);
    this.open[this.open.length - 1] += 1;
  }
  restore() {
    this.parts.push('</g>'.repeat(this.open.pop()));
  }

  fillText(words, x, y) {
    const [, weight, size, family] = /^(?:(\d+) )?([\d.]+)px (.*)$/.exec(this.font);
    const base = digits(y + RAISE[this.textBaseline] * size),
      at = `x="${digits(x)}" y="${base}" text-anchor="${ANCHOR[this.textAlign]}"`;
    const font = `font-family="${escaped(family)}" font-size="${size}"${weight ? ` font-weight="${weight}"` : ''}`;
    this.parts.push(`<text ${at} ${font} fill="${this.fillStyle}">${escaped(words)}</text>`);
  }

  toString() {
    const { w, h } = this,
      size = `width="${w}" height="${h}" viewBox="0 0 ${w} ${h}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${this.parts.join('\n')}</svg>`;
  }
}
