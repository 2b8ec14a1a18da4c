/** Words beside a verdict: why an edit is large, why a card is set aside. Each is asked for once, and Enter says it. */

import { focusBox, isChanged } from "./editing.js";
import { onKey } from "../shell/keys.js";

export class VerdictNotes {
  #parts;

  /** `parts`: checking, verdicts, notices. */
  constructor(stage, parts) {
    this.#parts = parts;
    onKey(stage, (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches(".why, .note")) return;
      event.preventDefault();
      // It was pressed on the button that opened this box, and is held down.
      if (event.repeat) return;
      const card = event.target.closest(".card");
      if (event.target.matches(".why")) this.save(card);
      else this.setAside(card);
    });
  }

  /** Save the edit; a large one that no kind explains is asked about once, and never twice. */
  save(card) {
    const { checking, verdicts, notices } = this.#parts;
    const box = card.querySelector(".why");
    const isAsked = card.classList.contains("is-asking-why");
    if (isAsked || !isChanged(card) || !checking.of(card)?.edit.wants_why) {
      card.classList.remove("is-asking-why");
      return verdicts.save(card, isAsked ? box.value.trim() : "");
    }
    card.classList.add("is-asking-why");
    notices.say(box.getAttribute("aria-label"));
    return box.focus();
  }

  /** Ask for a note, and set the card aside once there was a chance to write one. */
  setAside(card) {
    const box = card.querySelector(".note");
    if (card.classList.contains("is-setting-aside")) return this.#parts.verdicts.setAside(card, box.value.trim());
    card.classList.add("is-setting-aside");
    return box.focus();
  }

  /** Ask no more; answers whether anything was asked. */
  leave(card) {
    if (card.classList.contains("is-asking-why")) {
      card.classList.remove("is-asking-why");
      return focusBox(card), true;
    }
    const wasAsked = card.classList.contains("is-setting-aside");
    card.classList.remove("is-setting-aside");
    if (wasAsked) card.focus({ preventScroll: true });
    return wasAsked;
  }
}
