/** A panel beside the card: its history and comments, or similar approved texts. Fetched when it is opened. */

import { panelPage } from "./server.js";
import { isTyping, letterOf, onKey } from "../shell/keys.js";
import { gettext } from "../shell/words.js";

let dialog = null;
let card = null;

const boxIn = (part) => part.querySelector("[data-comments-text]");

/** A card has a box for comments too: what is typed into one of the two stands in both, with its id if it is being sent. */
function copyComment(from, to) {
  const [written, box] = [boxIn(from), boxIn(to)];
  if (!written || !box) return;
  box.value = written.value;
  if (written.dataset.id) box.dataset.id = written.dataset.id;
  else delete box.dataset.id;
}

function build(onClose) {
  const panel = Object.assign(document.createElement("dialog"), { className: "panel beside" });
  panel.setAttribute("aria-labelledby", "beside-h");
  const close = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-small btn-quiet", textContent: gettext("Close") });
  close.addEventListener("click", () => panel.close());
  const place = Object.assign(document.createElement("div"), { className: "stack" });
  panel.append(close, place);
  panel.addEventListener("close", () => {
    copyComment(place, card);
    place.replaceChildren();
    onClose();
  });
  // A press beside the panel closes it, and so does the key that opened it.
  panel.addEventListener("click", ({ target }) => target === panel && panel.close());
  onKey(panel, (event) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || letterOf(event) !== panel.dataset.key) return;
    event.preventDefault();
    panel.close();
  });
  document.body.append(panel);
  return panel;
}

/** Show what a link of a card leads to; `parts`: key, notices, onClose. */
export async function openBeside(link, { key, notices, onClose }) {
  if (dialog?.open) return;
  const parsed = await panelPage(link.href, notices, gettext("This cannot be loaded: no network, or the draft is gone."));
  // Another card or another panel has come meanwhile.
  if (!parsed || !link.isConnected || link.closest("[hidden]") || document.querySelector("dialog[open]")) return;
  dialog ??= build(onClose);
  dialog.dataset.key = key;
  dialog.lastChild.replaceChildren(...[...parsed.body.children].map((part) => document.adoptNode(part)));
  card = link.closest("[data-card]");
  copyComment(card, dialog);
  dialog.showModal();
  for (const comments of dialog.querySelectorAll("[data-comments]")) comments.open = true;
}
