// What does not fit on the page as it stands: a cut word, words on words, words under a button, a sideways
// scroll.  `window.fits(allowed)` measures every text box, of HTML, SVG and canvas; each fault is one line.
// Loaded before the page: a canvas does not remember its words, so they are noted as they are written.

(() => {
  const inked = new WeakMap(); // canvas -> [{text, left, top, right, bottom}] in its own CSS pixels
  const pen = CanvasRenderingContext2D.prototype,
    { fillText, clearRect } = pen;
  pen.fillText = function (text, x, y, ...rest) {
    const { width, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = this.measureText(text),
      from = { right: width, end: width, center: width / 2 }[this.textAlign] ?? 0,
      m = this.getTransform(),
      ratio = devicePixelRatio || 1;
    const at = ([px, py]) => [(m.a * px + m.c * py + m.e) / ratio, (m.b * px + m.d * py + m.f) / ratio];
    const corners = [at([x - from, y - up]), at([x - from + width, y + down])],
      [xs, ys] = [0, 1].map((i) => corners.map((c) => c[i]).sort((a, b) => a - b));
    if (!inked.has(this.canvas)) inked.set(this.canvas, []);
    if (String(text).trim())
      inked.get(this.canvas).push({ text: String(text), left: xs[0], top: ys[0], right: xs[1], bottom: ys[1] });
    return fillText.call(this, text, x, y, ...rest);
  };
  pen.clearRect = function (x, y, w, h) {
    const m = this.getTransform();
    if (m.a * w >= this.canvas.width - 2 && m.d * h >= this.canvas.height - 2) inked.delete(this.canvas);
    return clearRect.call(this, x, y, w, h);
  };
  for (const side of ['width', 'height']) {
    const was = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, side);
    Object.defineProperty(HTMLCanvasElement.prototype, side, {
      ...was,
      set(value) {
        inked.delete(this);
        was.set.call(this, value);
      },
    });
  }

  const short = (text) => text.trim().replace(/\s+/g, ' ').slice(0, 48);
  const nameOf = (e) =>
    `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : e.classList.length ? `.${[...e.classList].join('.')}` : ''}`;
  const seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const OVER = 'dialog, .pop, .notice, .toast, .opened'; // what lies over others on purpose
  const layers = new Map();
  function layerOf(e) {
    if (layers.has(e)) return layers.get(e);
    const apart = e.matches(OVER) || ['fixed', 'sticky'].includes(getComputedStyle(e).position);
    const layer = apart || e === document.body || !e.parentElement ? e : layerOf(e.parentElement);
    layers.set(e, layer);
    return layer;
  }
  const clips = new Map(); // element -> what clips it, from inside out: [{e, axis, low, high, edge, style, cut}]
  function clipping(e) {
    if (!e || e === document.documentElement) return [];
    if (clips.has(e)) return clips.get(e);
    const style = getComputedStyle(e),
      inner = e instanceof SVGElement && e.tagName !== 'svg',
      own = [];
    for (const [axis, low, high] of inner ? [] : SIDES)
      if (cuts(style, axis) || scrolls(style, axis))
        own.push({ e, axis, low, high, edge: e.getBoundingClientRect(), style, cut: cuts(style, axis) });
    const all = !inner && style.position === 'fixed' ? own : [...own, ...clipping(e.parentElement)];
    clips.set(e, all);
    return all;
  }
  const SIDES = [
    ['X', 'left', 'right'],
    ['Y', 'top', 'bottom'],
  ];
  const cuts = (style, axis) => /hidden|clip/.test(style[`overflow${axis}`]);
  const scrolls = (style, axis) => /auto|scroll/.test(style[`overflow${axis}`]);

  // What is left of a rectangle inside all that clips it, and what cut it.
  function visible(rect, element) {
    const box = { left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom };
    let by = null;
    for (const clip of clipping(element)) {
      const { low, high, edge } = clip,
        over = Math.max(edge[low] - box[low], box[high] - edge[high]);
      if (over > 1.5 && clip.cut) by ??= { ...clip, over };
      box[low] = Math.max(box[low], edge[low]);
      box[high] = Math.min(box[high], edge[high]);
    }
    return { ...box, by };
  }

  const GOES_WHOLE = '.strip-head .whole, .headline .first, .headline p'; // what does not fit there is not seen at all
  // Cut with a sign of it, and told in full elsewhere.
  const told = (e, box) => {
    for (let n = e; n && n.id !== 'explorer'; n = n.parentElement) {
      const style = getComputedStyle(n);
      if (n.title && (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none')) return true;
      if (box.bottom - box.top < 1 && n.matches(GOES_WHOLE)) return true;
    }
    return false;
  };

  const NAMES = /(?:DPM-Solver|AMED-|iPNDM-|UniPC-|SA-Solver|ER-SDE|CIFAR-|ImageNet-)[\p{L}\p{N}+]*(?:\(\w+\))?/gu;
  // A name that ends on another line than it begins.
  function broken(node, range, faults) {
    for (const { 0: name, index } of node.data.matchAll(NAMES)) {
      range.setStart(node, index);
      range.setEnd(node, index + name.length);
      const [first, ...more] = range.getClientRects();
      if (first && more.some((rect) => rect.top > first.bottom - 2)) faults.push(`a broken name: ${name}`);
    }
  }

  function textBoxes(faults) {
    const boxes = [],
      walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT),
      range = document.createRange();
    while (walker.nextNode()) {
      const node = walker.currentNode,
        e = node.parentElement;
      if (!node.textContent.trim() || e.closest('script, style, noscript, option, [hidden], .unseen')) continue;
      if (!seen(e) || !e.closest('.page, dialog, .pop')) continue;
      if (Number(getComputedStyle(e).opacity) === 0) continue;
      broken(node, range, faults);
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        if (rect.width < 1 || rect.height < 1) continue;
        const box = visible(rect, e);
        if (box.by && !told(e, box) && rect.right - rect.left > 1)
          faults.push(`cut by ${nameOf(box.by.e)} (${box.by.axis} ${Math.round(box.by.over)}): ${short(node.textContent)}`);
        if (box.right - box.left < 2 || box.bottom - box.top < 4) continue;
        const trim = Math.min(4, (box.bottom - box.top) / 4);
        boxes.push({ ...box, top: box.top + trim, bottom: box.bottom - trim, e, text: short(node.textContent) });
      }
    }
    return boxes;
  }

  function canvasBoxes(faults) {
    const boxes = [];
    for (const canvas of document.querySelectorAll('canvas')) {
      if (!inked.has(canvas) || !seen(canvas)) continue;
      const edge = canvas.getBoundingClientRect();
      if (!edge.width) continue;
      const kx = edge.width / (canvas.width / (devicePixelRatio || 1));
      for (const word of inked.get(canvas)) {
        const over = Math.max(-word.left, word.right * kx - edge.width, -word.top, word.bottom * kx - edge.height);
        if (over > 1.5) faults.push(`beyond ${nameOf(canvas)} (${Math.round(over)}): ${word.text}`);
        const rect = {
          left: edge.left + word.left * kx,
          right: edge.left + word.right * kx,
          top: edge.top + word.top * kx,
          bottom: edge.top + word.bottom * kx,
        };
        const box = visible(rect, canvas);
        if (box.right - box.left > 2 && box.bottom - box.top > 2) boxes.push({ ...box, e: canvas, text: word.text });
      }
    }
    return boxes;
  }

  const apart = (a, b) => {
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left),
      y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return x <= 1.5 || y <= 1.5;
  };

  function collisions(boxes, faults) {
    boxes.sort((a, b) => a.top - b.top);
    boxes.forEach((a, i) => {
      for (let j = i + 1; j < boxes.length && boxes[j].top < a.bottom; j++) {
        const b = boxes[j];
        if (layerOf(a.e) !== layerOf(b.e) || apart(a, b)) continue;
        if (a.e === b.e && a.text === b.text) continue;
        if (a.e !== b.e && (a.e.contains(b.e) || b.e.contains(a.e)) && a.e.tagName !== 'CANVAS' && apart(a, b)) continue;
        faults.push(`words on words: ${a.text} / ${b.text}`);
      }
    });
  }

  // Buttons over buttons, and words under the button of another.
  function covered(boxes, faults) {
    const keys = [...document.querySelectorAll('.page :is(button, select, a[href], input:not([type=range], [type=radio], [type=file]))')]
      .filter((e) => seen(e) && getComputedStyle(e).opacity !== '0')
      .map((e) => ({ ...visible(e.getBoundingClientRect(), e), e }))
      .filter((b) => b.right - b.left > 3 && b.bottom - b.top > 3);
    keys.forEach((a, i) => {
      const inner = { left: a.left + 1, right: a.right - 1, top: a.top + 1, bottom: a.bottom - 1 };
      for (const b of keys.slice(i + 1))
        if (layerOf(a.e) === layerOf(b.e) && !apart(inner, b) && !a.e.contains(b.e) && !b.e.contains(a.e))
          faults.push(`controls on each other: ${nameOf(a.e)} ${short(a.e.textContent)} / ${nameOf(b.e)} ${short(b.e.textContent)}`);
      for (const b of boxes)
        if (layerOf(a.e) === layerOf(b.e) && !apart(inner, b) && !a.e.contains(b.e) && !b.e.contains(a.e) && b.e.tagName !== 'CANVAS')
          faults.push(`under ${nameOf(a.e)} ${short(a.e.textContent)}: ${b.text}`);
    });
  }

  const ruler = document.createElement('canvas').getContext('2d');
  function lengthIn(e, text) {
    const style = getComputedStyle(e);
    ruler.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`; // `font` is empty beside tabular figures
    return ruler.measureText(text).width + parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
  }
  // What is typed, and of each menu the longest of its choices, chosen for as long as it is measured.
  function fields(faults) {
    const shown = (what) => [...document.querySelectorAll(what)].filter((e) => seen(e) && e.clientWidth && !e.title),
      menus = shown('.page select').filter((e) => e.length),
      chosen = menus.map((e) => e.selectedIndex);
    for (const e of menus) {
      const lengths = [...e.options].map((o) => lengthIn(e, o.label));
      e.selectedIndex = lengths.indexOf(Math.max(...lengths));
    }
    for (const e of [...menus, ...shown('.page input:is([type=text], [type=number], :not([type]))')]) {
      const text = e.selectedOptions?.[0].label ?? e.value,
        over = lengthIn(e, text) - e.clientWidth;
      if (over > 1.5) faults.push(`cut in ${nameOf(e)} (${Math.round(over)}): ${text}`);
    }
    menus.forEach((e, i) => (e.selectedIndex = chosen[i]));
  }

  function openTab(faults) {
    const [row, open] = ['.tabs', '.tabs [aria-current]'].map((what) => document.querySelector(what)?.getBoundingClientRect());
    if (open?.width && (open.left < row.left - 1 || open.right > row.right + 1)) faults.push('the open tab is out of sight');
  }

  function sideways(faults) {
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) faults.push(`the page scrolls sideways by ${wide}`);
    for (const e of document.querySelectorAll('.page *, dialog, dialog *')) {
      if (!e.clientWidth || e.scrollWidth <= e.clientWidth + 1 || !seen(e) || e.matches('input, textarea, svg *')) continue;
      const style = getComputedStyle(e);
      if (scrolls(style, 'X')) faults.push(`scrolls sideways by ${e.scrollWidth - e.clientWidth}: ${nameOf(e)}`);
    }
  }

  function beyond(boxes, faults) {
    for (const e of document.querySelectorAll(':popover-open, dialog[open]')) {
      const r = e.getBoundingClientRect();
      if (r.left < -1 || r.top < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1)
        faults.push(`outside the window: ${nameOf(e)}`);
    }
    for (const b of boxes)
      if ((b.left < -1 || b.right > innerWidth + 1) && b.right > b.left) faults.push(`outside the window: ${b.text}`);
  }

  /** @param {string[]} allowed  regular expressions of faults that have a reason
   *  @returns {string[]} */
  window.fits = (allowed = []) => {
    layers.clear();
    clips.clear();
    const faults = [],
      boxes = [...textBoxes(faults), ...canvasBoxes(faults)];
    beyond(boxes, faults);
    collisions(boxes, faults);
    covered(boxes, faults);
    fields(faults);
    openTab(faults);
    sideways(faults);
    const stage = document.querySelector('#box');
    if (stage && seen(stage) && stage.clientWidth) {
      const { width, height } = stage.getBoundingClientRect();
      if (width < 319.5 || height < 279.5) faults.push(`stage ${Math.round(width)} × ${Math.round(height)}`);
    }
    const known = allowed.map((a) => new RegExp(a));
    return [...new Set(faults)].filter((fault) => !known.some((k) => k.test(fault)));
  };
})();
