// Where a card stands: never over the strip, row or figure that holds its word.

const GAP = 8,
  PHONE = 599,
  HOLDERS = '.row, .strip-head, tr, .seg, .key, h1, h2, h3, .status';

const fit = (v, size, room) => Math.max(GAP, Math.min(v, room - size - GAP));

/** The strip whose head this is in: from this head down to the next one, or to the axis. */
function stripBox(head) {
  const own = head.getBoundingClientRect(),
    tops = [...head.parentElement.querySelectorAll('.strip-head')].map((h) => h.getBoundingClientRect().top),
    next = Math.min(...tops.filter((top) => top > own.top + 1), head.parentElement.getBoundingClientRect().bottom);
  return { left: own.left, right: own.right, top: own.top, bottom: next };
}

/** @param {HTMLElement} card a popover that is open @param {Element} at a word or a button */
export function place(card, at) {
  const phone = innerWidth <= PHONE;
  card.classList.toggle('sheet', phone);
  card.style.left = card.style.top = card.style.maxHeight = '';
  if (phone) return;
  const own = at.getBoundingClientRect(),
    w = card.offsetWidth,
    h = card.offsetHeight,
    head = at.closest('.strip-head'),
    holder = head ? stripBox(head) : (at.closest('.headline') ?? at.closest(HOLDERS) ?? at).getBoundingClientRect(),
    column = at.closest('.spine, .controls, .own, .sch-in')?.getBoundingClientRect(),
    beside = Boolean(head || column);
  const [first, last] = [(column ?? holder).left, (column ?? holder).right],
    above = holder.top - 2 * GAP,
    below = innerHeight - holder.bottom - 2 * GAP;
  let [left, top] = [own.left - 12, holder.bottom + GAP];
  if (beside && first > w + 2 * GAP) [left, top] = [first - w - GAP, own.top - 20];
  else if (beside && innerWidth - last > w + 2 * GAP) [left, top] = [last + GAP, own.top - 20];
  else {
    const up = below < h && above > below,
      tall = Math.min(h, up ? above : below);
    if (tall < h) card.style.maxHeight = `${tall}px`;
    if (up) top = holder.top - GAP - tall;
  }
  card.style.left = `${fit(left, w, innerWidth)}px`;
  card.style.top = `${fit(top, card.offsetHeight, innerHeight)}px`;
}
