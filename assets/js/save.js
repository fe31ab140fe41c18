// Files that leave the page, and what they are called.

export const fileName = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .replace(/^-|[-.]+$/g, '')
    .slice(0, 80) || 'figure';

/** A file for the reader. @param {Blob} file @param {string} name */
export function handOver(file, name) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
