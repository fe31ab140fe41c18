// Whether the page stands on a phone: a window below 600 px, whatever device it is.

const narrow = matchMedia('(max-width: 599px)');

export const phone = () => narrow.matches;

/** Tells when the window becomes a phone's, or is one no longer. */
export const whenPhone = (told) => {
  narrow.addEventListener('change', () => told(narrow.matches));
  told(narrow.matches);
};
