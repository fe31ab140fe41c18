// Formulas as text with letters set low and high: x_i, x_{max}, x^2, x^{1/ρ}.

const NAMED = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** @param {any} text */
export const plain = (text) => String(text).replace(/[&<>"]/g, (c) => NAMED[c]);

/** @param {string} text @returns {string} HTML */
export const formula = (text) =>
  plain(text)
    .replace(/\^\{([^{}]*)\}/g, '<sup>$1</sup>')
    .replace(/\^(\p{L}|\d)/gu, '<sup>$1</sup>')
    .replace(/_\{([^{}]*)\}/g, '<sub>$1</sub>')
    .replace(/_(\p{L}|\d)(?![\p{L}\d])/gu, '<sub>$1</sub>');
