/** Other tabs of the same member: a card judged in one leaves the others, and a tab that closes leaves its cards to them. Knows no verdict. */

import { newId } from "./history.js";

export class Tabs {
  #channel = null;
  #desk;
  #own = newId();
  #others = new Set();

  /** `desk` names the desk of this page; `onJudged(card)` hears of cards judged elsewhere in this browser, `onLeft()` of a tab of this desk that closed. */
  constructor(member, desk, { onJudged, onLeft }) {
    this.#desk = desk;
    if (!("BroadcastChannel" in window)) return;
    this.#channel = new BroadcastChannel(`desk-${member}`);
    this.#channel.addEventListener("message", ({ data }) => {
      if (data.card) return onJudged(data.card);
      if (data.desk !== desk) return undefined;
      if (data.act === "left") return this.#others.delete(data.tab) && onLeft();
      this.#others.add(data.tab);
      if (data.act === "opened") this.#tell("open");
      return undefined;
    });
    this.open();
  }

  /** Ask who else shows this desk. */
  open() {
    this.#others.clear();
    this.#tell("opened");
  }

  /** This tab shows the desk no more. */
  leave() {
    this.#tell("left");
  }

  /** Whether another tab shows the same desk. */
  get hasOthers() {
    return this.#others.size > 0;
  }

  /** Tell the others that a card is out of the deck. */
  judged(card) {
    this.#channel?.postMessage({ card });
  }

  #tell(act) {
    this.#channel?.postMessage({ desk: this.#desk, tab: this.#own, act });
  }
}
