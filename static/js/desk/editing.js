/** Editing a card in place: plain text boxes over the draft, a live word diff, lists that grow and shrink. */

import { unmistakable } from "./numbers.js";
import { valueIn } from "./typed.js";
import { fillValues, valuesChanged, valuesOf } from "./values.js";
import { drawDiff, wordDiff } from "./worddiff.js";

const boxesOf = (card) => [...card.querySelectorAll(".editor [data-path]")];

/** What a box holds, as text; of a box with several labels all that are picked. */
const textOf = (box) => (box.multiple ? [...box.selectedOptions].map((option) => option.value).join(", ") : box.value);

function valueOf(box) {
  if (box.multiple) return [...box.selectedOptions].map((option) => option.value);
  return "number" in box.dataset ? valueIn(box) : box.value;
}

function fillBox(box, kept) {
  if (box.multiple) for (const option of box.options) option.selected = (kept ?? []).includes(option.value);
  else if (typeof kept === "boolean") box.value = kept ? "yes" : "no";
  else box.value = String(kept) === box.dataset.draft ? kept : unmistakable(kept);
}

/** Whether the card's editor is open. */
export const isEditing = (card) => Boolean(card?.classList.contains("is-editing"));

/** The box of one text, by its path in what `fieldsOf` says. */
export function boxAt(card, path) {
  const boxes = gathered(boxesOf(card).map((box) => [pathOf(box), box]));
  const found = path.split(".").reduce((place, step) => place?.[step], boxes);
  return found instanceof Element ? found : undefined;
}

/** Whether there is anything to edit: texts of great length are not. */
export const isEditable = (card) => boxesOf(card).length > 0;

/** Put the caret at the start of the longest text. */
export function focusBox(card) {
  const boxes = boxesOf(card);
  const box = boxes.find((each) => each.tagName === "TEXTAREA") ?? boxes[0];
  box?.focus({ preventScroll: true });
  box?.setSelectionRange?.(0, 0);
}

/** Open the editor, with the caret in it unless keys are to go on working. */
export function startEdit(card, { focus = true } = {}) {
  card.classList.add("is-editing");
  card.querySelector(".editor").open = true;
  card.querySelector(".edit-acts").hidden = false;
  for (const button of card.querySelectorAll("[data-remove-element], [data-add-element]")) button.hidden = false;
  if (focus) focusBox(card);
  else card.focus({ preventScroll: true });
  redraw(card);
}

/** Close the editor; what was written stays in its boxes. */
export function leaveEdit(card) {
  card.classList.remove("is-editing");
  card.querySelector(".editor").open = false;
  card.querySelector(".edit-acts").hidden = true;
  card.focus({ preventScroll: true });
}

/** The fields as edited, by the names of the output schema. */
export function fieldsOf(card) {
  const fields = valuesOf(card);
  for (const list of card.querySelectorAll("[data-list]")) fields[list.dataset.list] = [];
  return gathered(boxesOf(card).map((box) => [pathOf(box), valueOf(box)]), fields);
}

/** Whether fields say all that the boxes of a card do, and not its picked values alone. */
export const areWhole = (card, fields) => Boolean(fields) && Object.keys(fieldsOf(card)).every((name) => name in fields);

/** Where a box's text belongs: elements of a list by the place they stand in now. */
function pathOf(box) {
  const path = box.dataset.path.split(".");
  const list = box.closest("[data-list]");
  if (list && path.length > 1 && /^(\d+|new)$/.test(path[1])) {
    path[1] = String([...list.querySelectorAll(".edit-element")].indexOf(box.closest(".edit-element")));
  }
  return path;
}

/** Pairs of path and value as fields; elements of lists in their order, without those left empty, as the server reads the form. */
export function gathered(pairs, fields = {}) {
  for (const [path, value] of pairs) put(fields, path, value);
  return folded(fields);
}

function put(fields, path, value) {
  let place = fields;
  path.slice(0, -1).forEach((step, index) => {
    place[step] ??= /^\d+$/.test(path[index + 1]) ? [] : {};
    place = place[step];
  });
  place[path.at(-1)] = value;
}

function folded(value) {
  if (Array.isArray(value)) return value.map(folded).filter(saysSomething);
  if (value === null || typeof value !== "object" || value instanceof Element) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, folded(part)]));
}

const saysSomething = (value) => {
  if (value === null || value === undefined) return false;
  if (value instanceof Element) return saysSomething(valueOf(value));
  return typeof value === "object" ? Object.values(value).some(saysSomething) : String(value).trim() !== "";
};

/** Put fields kept earlier back into the boxes; a field that is not among them stays as it is. */
export function fillFields(card, fields) {
  for (const list of card.querySelectorAll("[data-list]")) {
    const rows = fields[list.dataset.list] ?? [];
    while (list.querySelectorAll(".edit-element").length < rows.length) addElement(list);
  }
  for (const box of boxesOf(card)) {
    const path = pathOf(box);
    if (!(path[0] in fields)) continue;
    const kept = path.reduce((place, step) => place?.[step], fields);
    fillBox(box, kept ?? (path.length > 1 ? "" : box.value));
  }
  fillValues(card, fields);
}

/** Whether a text of the editor differs from the draft. */
export function isRewritten(card) {
  return Boolean(card.dataset.listChanged) || boxesOf(card).some((box) => tidy(textOf(box)) !== tidy(box.dataset.draft));
}

/** Whether anything differs from the draft. */
export const isChanged = (card) => isRewritten(card) || valuesChanged(card);

const tidy = (text) => text.replace(/\r\n?/g, "\n").replace(/[ \t]+$/gm, "").trim();

/** Draw counters and the word diff anew. */
export function redraw(card) {
  const place = card.querySelector("[data-diff]");
  const changed = boxesOf(card).filter((box) => textOf(box) !== box.dataset.draft);
  const parts = changed.map((box) => nearby(wordDiff(box.dataset.draft, textOf(box))));
  if (card.dataset.listChanged) parts.unshift([{ kind: "del", text: card.dataset.listChanged }]);
  const pieces = parts.flatMap((part, index) => [...(index ? [{ kind: "same", text: "\n\n" }] : []), ...part]);
  drawDiff(place, pieces);
  card.querySelector(".changes").hidden = pieces.length === 0;
  for (const box of boxesOf(card)) recount(box);
}

/** Shorten long stretches that stayed the same: the eye looks for what changed. */
function nearby(pieces) {
  const KEEP = 60;
  return pieces.map((piece, index) => {
    if (piece.kind !== "same" || piece.text.length <= 2 * KEEP) return piece;
    const head = index === 0 ? "" : piece.text.slice(0, KEEP);
    const tail = index === pieces.length - 1 ? "" : piece.text.slice(-KEEP);
    return { kind: "same", text: `${head} … ${tail}` };
  });
}

function recount(box) {
  const count = box.closest(".edit-field")?.querySelector("[data-count]");
  if (!count) return;
  const length = [...textOf(box)].length;
  count.textContent = `${length}/${count.dataset.count}`;
  count.classList.toggle("is-long", length > Number(count.dataset.count));
}

/** Add an empty element to a list. */
export function addElement(list) {
  const blank = list.querySelector("template").content.cloneNode(true);
  list.querySelector("template").before(blank);
  const added = [...list.querySelectorAll(".edit-element")].at(-1);
  added.querySelector("[data-path]")?.focus();
  return added;
}

/** Take an element out of a list; its words in the draft stay with the card, as a change. */
function removeElement(card, element) {
  const texts = [...element.querySelectorAll("[data-path]")].map((box) => box.dataset.draft);
  card.dataset.listChanged = [card.dataset.listChanged, ...texts].filter(Boolean).join("\n");
  element.remove();
}

/** Bind clicks on a list's own buttons; the card whose list changed, null when the click was none of them. */
export function onListClick(event) {
  const card = event.target.closest(".card");
  const gone = event.target.closest("[data-remove-element]");
  const more = event.target.closest("[data-add-element]");
  // A second click of a double click meets the button of the next element.
  if (!card || (!gone && !more) || (gone && event.detail > 1)) return null;
  if (gone) {
    const element = gone.closest(".edit-element");
    const next = element.nextElementSibling.querySelector("[data-path]") ?? element.parentElement.querySelector("[data-add-element]");
    // A finger wants no keyboard now.
    if (event.detail === 0) next.focus();
    removeElement(card, element);
  } else addElement(more.closest("[data-list]"));
  return card;
}
