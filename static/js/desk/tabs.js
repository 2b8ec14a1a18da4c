/** Other tabs of the same member: a card judged in one leaves the deck of the others. Knows no verdict. */

export class Tabs {
  #channel;

  /** `onJudged(card)` is told of cards judged elsewhere in this browser. */
  constructor(member, onJudged) {
    if (!("BroadcastChannel" in window)) return;
    this.#channel = new BroadcastChannel(`desk-${member}`);
    this.#channel.addEventListener("message", ({ data }) => onJudged(data.card));
  }

  /** Tell the others that a card is out of the deck. */
  judged(card) {
    this.#channel?.postMessage({ card });
  }
}
