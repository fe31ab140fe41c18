// A sheet that a finger pulls down by its head closes; one let go of too early springs back.

const FAR = 56, // pixels that close it
  FAST = 0.5; // or so many in a millisecond

/** @param {HTMLElement} handle @param {HTMLElement} sheet @param {() => void} close */
export function swipe(handle, sheet, close) {
  let from = null,
    begun = 0;
  const by = (e) => Math.max(0, e.clientY - from);
  handle.addEventListener('pointerdown', (e) => {
    if (e.target.closest('button, input')) return;
    from = e.clientY;
    begun = e.timeStamp;
    handle.setPointerCapture(e.pointerId);
  });
  handle.addEventListener('pointermove', (e) => {
    if (from != null) sheet.style.translate = `0 ${by(e)}px`;
  });
  handle.addEventListener('pointerup', (e) => {
    if (from == null) return;
    const far = by(e),
      fast = far / Math.max(e.timeStamp - begun, 1);
    leave();
    if (far > FAR || (far > 20 && fast > FAST)) close();
  });
  const leave = () => {
    from = null;
    sheet.style.translate = '';
  };
  handle.addEventListener('pointercancel', leave);
}
