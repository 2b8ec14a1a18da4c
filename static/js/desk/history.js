/** Verdicts that can still be undone: the last ten, across cards, shown as a strip; the server brings those of before a reload. */

import { gettext } from "../shell/words.js";

const REACH = 10;
const SIGNS = { accept: "✓", edit: "✎", reject: "✗", aside: "…" };
const WORDS = {
  accept: gettext("Take back: accepted"),
  edit: gettext("Take back: edited"),
  reject: gettext("Take back: rejected"),
  aside: gettext("Take back: set aside"),
};

export class History {
  #steps;
  #strip;

  /** `strip` is the element that shows the steps, the oldest first. */
  constructor(steps, strip) {
    this.#steps = steps.slice(-REACH);
    this.#strip = strip;
    this.#show();
  }

  /** Remember a step; `card` is its element while the page lives. */
  push(step) {
    this.#steps.push(step);
    if (this.#steps.length > REACH) this.#steps.shift();
    this.#show();
  }

  /** Take the step of a decision, by default the last one. */
  take(decision = this.#steps.at(-1)?.decision) {
    const step = this.#steps.find((each) => each.decision === decision) ?? null;
    if (step) this.drop(decision);
    return step;
  }

  /** Forget the step of a verdict the server refused. */
  drop(decision) {
    this.#steps = this.#steps.filter((step) => step.decision !== decision);
    this.#show();
  }

  #show() {
    this.#strip.replaceChildren(...this.#steps.map(({ decision, said, title }) => {
      const button = document.createElement("button");
      const words = `${WORDS[said] ?? gettext("Take back: judged")}${title ? `, ${title}` : ""}`;
      Object.assign(button, { type: "button", className: `is-${said}`, textContent: SIGNS[said] ?? "•", title: words, value: decision });
      button.setAttribute("aria-label", words);
      return button;
    }));
  }
}

/** A fresh UUID; browsers keep `randomUUID` from pages that came over plain HTTP. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
