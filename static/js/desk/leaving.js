/** Leaving the desk: its cards go back to the queue at once, with the words that the server has yet to be given. */

import { isFragile } from "./store.js";

// A body that outlives its page may have 64 KiB, all of it together; beyond that nothing of it is sent.
const RELEASE_BYTES = 60 * 1024;

/** Cards that travel together, those without an edit first: an edit too long to travel stays with its card. */
function light(cards) {
  const sized = cards.map((card) => ({ card, size: new TextEncoder().encode(JSON.stringify(card)).length + 1 }));
  let bytes = 0;
  return sized.sort((a, b) => a.size - b.size).filter(({ size }) => (bytes += size) < RELEASE_BYTES).map(({ card }) => card);
}

/** Bind a page; `parts`: deck, drafts, server, tabs, refill. */
export function bindLeaving({ deck, drafts, server, tabs, refill }) {
  window.addEventListener("pagehide", () => {
    tabs.leave();
    // Another tab goes on with these cards.
    if (tabs.hasOthers) return;
    const cards = deck.cards.map(({ dataset }) => ({ draft: dataset.card, seen_until: dataset.leasedUntil, unfinished: drafts.unsent(dataset.card) }));
    // One that stays was kept while it was written.
    const leaving = light(cards);
    if (leaving.length) server.release(leaving);
  });
  window.addEventListener("beforeunload", (event) => isFragile() && event.preventDefault());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    tabs.open();
    refill();
  });
}
