/** Facts and the sentences that rest on them light up together, by pointer and by focus. */

const split = (text) => (text ? text.split(" ") : []);

function light(card, names) {
  for (const fact of card.querySelectorAll("[data-fact]")) fact.classList.toggle("is-lit", names.includes(fact.dataset.fact));
  for (const piece of card.querySelectorAll(".read [data-facts]")) {
    piece.classList.toggle("is-lit", split(piece.dataset.facts).some((name) => names.includes(name)));
  }
}

function onPoint(event) {
  const card = event.target.closest?.(".card");
  if (!card) return;
  const fact = event.target.closest("[data-fact]");
  const piece = event.target.closest("[data-facts]");
  const names = fact ? [fact.dataset.fact] : split(piece?.dataset.facts);
  if (names.length || card.querySelector(".is-lit")) light(card, names);
}

/** Listen on the stage, for all its cards. */
export function bindLinks(stage) {
  stage.addEventListener("pointerover", onPoint);
  stage.addEventListener("focusin", onPoint);
  stage.addEventListener("pointerleave", () => {
    for (const card of stage.children) light(card, []);
  });
}
