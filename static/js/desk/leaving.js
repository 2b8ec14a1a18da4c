/** Leaving the desk: its cards go back to the queue at once, with the words that the server has yet to be given. */

import { isFragile } from "./store.js";

// A body that outlives its page may have 64 KiB, all of it together.
const RELEASE_CHARS = 30_000;

/** Bind a page; `parts`: deck, drafts, server, tabs, refill. */
export function bindLeaving({ deck, drafts, server, tabs, refill }) {
  window.addEventListener("pagehide", () => {
    tabs.leave();
    // Another tab goes on with these cards.
    if (tabs.hasOthers) return;
    const cards = deck.cards.map(({ dataset }) => ({ draft: dataset.card, seen_until: dataset.leasedUntil, unfinished: drafts.unsent(dataset.card) }));
    // An edit too long to travel stays with its card, where it was kept while it was written.
    const light = cards.filter((card) => !card.unfinished || JSON.stringify(card.unfinished).length < RELEASE_CHARS);
    if (light.length) server.release(light);
  });
  window.addEventListener("beforeunload", (event) => isFragile() && event.preventDefault());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    tabs.open();
    refill();
  });
}
