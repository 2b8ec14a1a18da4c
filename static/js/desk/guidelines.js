/** The guidelines in force, put beside every card; folded on one card they stay folded on the next. Knows no verdict. */

const drawn = document.querySelector("template[data-guidelines]");
let isFolded = false;

/** Put the guidelines beside a card, in place of the wording its own version had. */
export function putGuidelines(card) {
  if (!drawn) return;
  const fresh = document.importNode(drawn.content, true).firstElementChild;
  fresh.querySelector("[data-guideline-changed]").hidden = Number(card.dataset.version) >= Number(fresh.dataset.since);
  const fold = fresh.querySelector("[data-guideline-fold]");
  fold.open = !isFolded;
  fold.addEventListener("toggle", () => keepFold(fold));
  const old = card.querySelector("[data-guideline]");
  if (old) old.replaceWith(fresh);
  else card.querySelector(".criteria").append(fresh);
}

function keepFold(fold) {
  if (fold.open === !isFolded) return;
  isFolded = !fold.open;
  for (const other of document.querySelectorAll("[data-guideline-fold]")) other.open = !isFolded;
}
