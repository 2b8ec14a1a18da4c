/** Comments that were typed and not sent when their card leaves: they go with the verdict. */

import { newId } from "./history.js";

/** Text box of a card's unsent comment; undefined where it has none. */
export const unsentComment = (card) => [...card.querySelectorAll("[data-comments-text]")].find((box) => box.value.trim());

/** Outbox entry of a card's unsent comment, which leaves its box; null without one. */
export function takeComment(card) {
  const box = unsentComment(card);
  if (!box) return null;
  const comments = box.closest("[data-comments]");
  const { card: draft, title } = card.dataset;
  // A press of *Comment* may be on its way: the same id adds nothing twice.
  const body = { id: box.dataset.id ?? newId(), text: box.value };
  box.value = "";
  delete box.dataset.id;
  // An undo brings the card back: opened again, it lists the comment.
  comments.open = false;
  return { kind: "comment", draft, title, url: comments.dataset.comments, body };
}
