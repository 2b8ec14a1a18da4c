/** Boxes in which a number is typed: what is sent of it, the line that says how it will be saved, and what cannot be. */

import { readNumber } from "./numbers.js";
import { gettext, interpolate } from "../shell/words.js";

const NUMBERS = "[data-number]";

const writtenIn = (box) => box.dataset.written ?? box.dataset.draft;
const isLost = (value) => Number.isInteger(value) && !Number.isSafeInteger(value);

/** A number as it is sent; one that a script cannot hold goes as the text that names it. */
export const sent = (value, text) => (isLost(value) ? text : value);

function read(box) {
  const text = box.value.trim();
  // The draft's own number means itself, however it would be read if somebody typed it.
  if (!text || text === writtenIn(box)) return {};
  const { value, problem } = readNumber(text);
  if (problem) return { problem };
  if (box.dataset.number === "integer" && !/^-?\d+$/.test(String(value))) return { problem: interpolate(gettext("is '%(text)s', expected a whole number"), { text }) };
  return { value };
}

/** What is sent for a box; what is no number goes as it stands, and the server says what is wrong. */
export const valueIn = (box) => read(box).value ?? box.value.trim();

/** The first box of a card that cannot be saved, with the words why; null where all can. */
export function unreadable(card) {
  for (const box of card.querySelectorAll(NUMBERS)) {
    const { problem } = read(box);
    if (problem) return { box, problem };
  }
  return null;
}

/** The name of a box's value as the page says it. */
export const called = (box) => box.closest("[data-value], .edit-field").querySelector("legend, .label").firstChild.textContent.trim();

function echo(box) {
  const line = box.parentElement.querySelector("[data-echo]");
  const { value, problem } = read(box);
  line.hidden = !problem && (value === undefined || String(value) === box.value.trim());
  line.textContent = line.hidden ? "" : problem ? interpolate(gettext("This %(problem)s"), { problem }) : interpolate(gettext("Saved as %(value)s"), { value });
  line.classList.toggle("is-wrong", Boolean(problem));
}

/** Say beside each box of a stage, while somebody types, how the number will be saved. */
export function bindEcho(stage) {
  stage.addEventListener("input", ({ target }) => target.matches(NUMBERS) && echo(target));
}
