/** Sentences and the passages they rest on light up together, by pointer and by focus. */

const LINGER_MS = 160;
const split = (text) => (text ? text.split(" ") : []);
let timer = 0;

function light(card, names) {
  const lit = [];
  for (const fact of card.querySelectorAll("[data-fact]")) {
    const isLit = names.includes(fact.dataset.fact);
    fact.classList.toggle("is-lit", isLit);
    if (isLit) lit.push(fact);
  }
  for (const piece of card.querySelectorAll(".read [data-facts]")) {
    piece.classList.toggle("is-lit", split(piece.dataset.facts).some((name) => names.includes(name)));
  }
  return lit;
}

/** Bring the first passage into view where the facts scroll by themselves; the page itself never moves. */
function reveal(passage) {
  const column = passage.closest(".facts");
  if (column.scrollHeight <= column.clientHeight) return;
  const [inner, outer] = [passage.getBoundingClientRect(), column.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) column.scrollTop += inner.top - outer.top - outer.height / 3;
}

function onPoint(event) {
  const card = event.target.closest?.(".card");
  if (!card) return;
  clearTimeout(timer);
  const fact = event.target.closest("[data-fact]");
  const piece = event.target.closest("[data-facts]");
  const names = fact ? split(fact.dataset.fact) : split(piece?.dataset.facts);
  if (!names.length && !card.querySelector(".is-lit")) return;
  const lit = light(card, names);
  // The eye that rests on a sentence wants its passage; one that passes over it does not.
  if (piece && lit.length) timer = setTimeout(() => reveal(lit[0]), event.type === "focusin" ? 0 : LINGER_MS);
}

/** Listen on the stage, for all its cards. */
export function bindLinks(stage) {
  stage.addEventListener("pointerover", onPoint);
  stage.addEventListener("focusin", onPoint);
  stage.addEventListener("pointerleave", () => {
    clearTimeout(timer);
    for (const card of stage.children) light(card, []);
  });
}
