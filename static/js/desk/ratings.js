/** Requirements of the rubric: not rated, met, missed; each press goes on to the next. */

import { gettext } from "../shell/words.js";

const NEXT = { "": "met", met: "missed", missed: "" };
const WORDS = { "": gettext(", not rated"), met: gettext(", met"), missed: gettext(", missed") };

/** Turn one rating on. */
export function turn(button) {
  button.dataset.rated = NEXT[button.dataset.rated ?? ""];
  button.querySelector("[data-rating-words]").textContent = WORDS[button.dataset.rated];
}

/** Ratings given on a card: requirement to met or not. */
export function ratingsOf(card) {
  const given = [...card.querySelectorAll("[data-requirement]")].filter((button) => button.dataset.rated);
  return Object.fromEntries(given.map((button) => [button.dataset.requirement, button.dataset.rated === "met"]));
}
