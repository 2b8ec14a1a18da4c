/** The checks while somebody writes: asked for after a short pause, drawn beside the text, never in the way of a key. */

import { boxAt, fieldsOf, isChanged, isEditing } from "./editing.js";
import { gettext, interpolate } from "../shell/words.js";

const PAUSE_MS = 300;
const KINDS = { fact: gettext("fact"), length: gettext("length"), structure: gettext("structure"), tone: gettext("tone") };

/** "12 % changed · fact, tone". */
export function editWords({ size, kinds }) {
  const isTiny = size > 0 && size < 0.01;
  const percent = `${isTiny ? 1 : Math.round(size * 100)} %`;
  const share = interpolate(isTiny ? gettext("under %(share)s changed") : gettext("%(share)s changed"), { share: percent });
  return `${share} · ${kinds.map((kind) => KINDS[kind]).join(", ")}`;
}

export class Checking {
  #server;
  #onDrawn;
  #timers = new WeakMap();
  #latest = new WeakMap();
  #asked = new WeakMap();
  #read = new WeakMap();

  constructor(server, onDrawn) {
    this.#server = server;
    this.#onDrawn = onDrawn;
  }

  /** The text has changed; look at it soon. */
  later(card) {
    clearTimeout(this.#timers.get(card));
    this.#timers.set(card, setTimeout(() => this.now(card), PAUSE_MS));
  }

  /** Look at the text as it stands; the answer, or null when there is none or a later one is on its way. */
  async now(card) {
    clearTimeout(this.#timers.get(card));
    const turn = (this.#asked.get(card) ?? 0) + 1;
    this.#asked.set(card, turn);
    const fields = fieldsOf(card);
    const found = await this.#server.check(card.dataset.card, fields);
    if (!found || this.#asked.get(card) !== turn || !card.isConnected) return null;
    this.#latest.set(card, found);
    this.#read.set(card, JSON.stringify(fields));
    this.#draw(card, found);
    return found;
  }

  /** What was found of the text as it stands now, if it was looked at. */
  of(card) {
    return this.#read.get(card) === JSON.stringify(fieldsOf(card)) ? this.#latest.get(card) : null;
  }

  #draw(card, { html, edit }) {
    const place = card.querySelector("[data-checks]");
    place.replaceWith(document.adoptNode(new DOMParser().parseFromString(html, "text/html").querySelector("[data-checks]")));
    const chip = card.querySelector("[data-edit]");
    chip.hidden = !isChanged(card);
    chip.textContent = edit.kinds.length ? editWords(edit) : "";
    this.#onDrawn(card);
  }
}

/** Put the caret where a remark applies. Places count code points, boxes count UTF-16. */
export function showRemark(card, remark) {
  if (!isEditing(card)) return;
  const box = boxAt(card, remark.dataset.path);
  if (!box) return;
  const points = [...box.value];
  const at = (point) => points.slice(0, Number(point)).join("").length;
  box.focus({ preventScroll: true });
  box.setSelectionRange(at(remark.dataset.start), at(remark.dataset.end));
}
