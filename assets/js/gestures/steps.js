// The steps that Undo goes back along: the view before each gesture, newest last.  Views are plain values;
// `same` says whether two of them are one.

const MOST = 100;

/** Two stacks.  A gesture puts the view before it on one; Undo moves the view on show to the other. */
export class Steps {
  #same;
  #undo = []; // {view, redo}: before a gesture, and what there was to redo then (null: it stays)
  #redo = [];
  #gesture = null;

  /** @param {(a: any, b: any) => boolean} same */
  constructor(same) {
    this.#same = same;
  }

  /** Whether an act is of the gesture that was marked last. @param {unknown} gesture */
  goesOn(gesture) {
    return gesture === this.#gesture;
  }

  /** A person acts: acts of one gesture are one step.
   * @param {unknown} gesture what tells one gesture from the next @param {any} view the one before this act */
  mark(gesture, view) {
    if (this.goesOn(gesture)) return;
    this.#clean(view);
    this.#gesture = gesture;
    this.#undo = [...this.#undo, { view, redo: this.#redo }].slice(-MOST);
    this.#redo = [];
  }

  /** Whatever comes next is another gesture. */
  end() {
    this.#gesture = null;
  }

  /** How many steps there are to go back and forth. @param {any} now the view on show */
  counts(now) {
    let undo = this.#undo.length,
      redo = this.#redo;
    while (undo && this.#same(this.#undo[undo - 1].view, now)) redo = this.#undo[--undo].redo ?? redo;
    return { undo, redo: redo.length };
  }

  /** The view before the last gesture, or null where there is none. @param {any} now */
  undo(now) {
    this.#clean(now);
    const entry = this.#undo.pop();
    if (entry) this.#redo = [...this.#redo, now];
    return entry?.view ?? null;
  }

  /** The view that the last Undo left, or null. @param {any} now */
  redo(now) {
    this.#clean(now);
    if (!this.#redo.length) return null;
    const view = this.#redo.at(-1);
    this.#redo = this.#redo.slice(0, -1);
    this.#undo = [...this.#undo, { view: now, redo: null }];
    return view;
  }

  // A gesture that came to nothing is no step, and takes nothing from Redo.
  #clean(now) {
    this.end();
    while (this.#undo.length && this.#same(this.#undo.at(-1).view, now))
      this.#redo = this.#undo.pop().redo ?? this.#redo;
  }
}
