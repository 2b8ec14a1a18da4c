/** M: the next mend a check offers, put into the open editor and shown as a change. Nothing is saved by it. */

import { boxAt, isChanged, redraw, startEdit } from "./editing.js";
import { gettext, interpolate } from "../shell/words.js";

const wordsOf = (button) => button.lastChild.textContent.trim();

export class Mending {
  #parts;
  #before = new WeakMap();
  #again = Promise.resolve();

  /** `parts`: checking, notices, onChange(card). */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Mend the next mark, or the one of this button. Presses queue up: each sees the text the last one left. */
  mend(card, button = null) {
    this.#again = this.#again.then(() => this.#mend(card, button)).catch(() => {});
    return this.#again;
  }

  async #mend(card, pressed) {
    const { checking, notices } = this.#parts;
    const words = pressed && wordsOf(pressed);
    // What was found of another text than the one in the editor would overwrite what was written since.
    const isFresh = checking.of(card) || !(isChanged(card) || this.#before.has(card));
    if (!isFresh && !(await checking.now(card))) return notices.hint(gettext("The checks cannot be reached. Fix it by hand, or try again."));
    const offered = [...card.querySelectorAll("[data-mend-path]")];
    const button = offered.find((each) => !words || wordsOf(each) === words);
    if (!button) return notices.hint(gettext("No mark here has an automatic fix."));
    const box = boxAt(card, button.dataset.mendPath);
    if (!box) return undefined;
    this.#steps(card).push({ box, text: box.value });
    box.value = button.dataset.mendText;
    startEdit(card, { focus: false });
    redraw(card);
    this.#parts.onChange(card);
    notices.say(interpolate(gettext("%(act)s. Look at the change, then save it with Control Enter."), { act: wordsOf(button) }));
    await checking.now(card);
    return undefined;
  }

  /** Take the last mend of this card back. */
  undo(card) {
    const { notices } = this.#parts;
    const step = this.#steps(card).pop();
    if (!step) return notices.hint(gettext("There is nothing to undo. Older decisions are under My decisions."));
    step.box.value = step.text;
    this.#changed(card);
    return notices.say(gettext("The fix is undone."));
  }

  /** Somebody wrote by hand: what was mended before is part of their text now. */
  settle(card) {
    this.#before.delete(card);
    this.#changed(card);
  }

  #changed(card) {
    redraw(card);
    this.#parts.onChange(card);
    this.#parts.checking.later(card);
  }

  #steps(card) {
    if (!this.#before.has(card)) this.#before.set(card, []);
    return this.#before.get(card);
  }
}
