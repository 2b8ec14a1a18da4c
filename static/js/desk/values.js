/** Values of a card: labels picked by a digit or a letter, numbers and days typed. Enter confirms, Up and Down move on. */

import { onKey } from "../shell/keys.js";
import { unmistakable } from "./numbers.js";
import { sent, valueIn } from "./typed.js";

const LETTERS = "abcdefhijklmnopqrstuvwxyz";

const fieldsOn = (card) => [...card.querySelectorAll("[data-value]")];
const boxesIn = (field) => [...field.querySelectorAll("input:not([type=hidden])")];
const isPicked = (field) => Boolean(field.querySelector("[data-pick]"));

/** Whether a card has values to pick or to type. */
export const hasValues = (card) => Boolean(card?.querySelector("[data-values]"));

/** Whether the teacher's values are kept from this card. */
export const isHidden = (card) => Boolean(card.querySelector("[data-values][data-hidden]"));

/** The values by name, as JSON has them; null where none is picked or typed. */
export function valuesOf(card) {
  return Object.fromEntries(fieldsOn(card).map((field) => [field.dataset.value, valueOf(field)]));
}

function valueOf(field) {
  const { control } = field.dataset;
  const boxes = boxesIn(field);
  if (control === "labels") return boxes.filter((box) => box.checked).map((box) => box.value);
  if (isPicked(field)) {
    const picked = boxes.find((box) => box.checked)?.value ?? null;
    return control === "flag" && picked !== null ? picked === "true" : picked;
  }
  const [box] = boxes;
  const text = box.value.trim();
  if (!text) return null;
  if (control === "line") return text;
  return text === box.dataset.written ? drafted(field) : valueIn(box);
}

/** Put values kept earlier back. */
export function fillValues(card, values) {
  for (const field of fieldsOn(card)) {
    const value = values[field.dataset.value];
    if (value === undefined) continue;
    for (const box of boxesIn(field)) {
      if (isPicked(field)) box.checked = Array.isArray(value) ? value.includes(box.value) : box.value === String(value);
      else box.value = value === drafted(field) ? box.dataset.written ?? value ?? "" : unmistakable(value ?? "");
    }
  }
}

/** Whether a value differs from the teacher's; on a card that hides them, whether anything was picked. */
export function valuesChanged(card) {
  return fieldsOn(card).some((field) => JSON.stringify(valueOf(field)) !== JSON.stringify(drafted(field)));
}

function drafted(field) {
  const draft = sent(JSON.parse(field.dataset.draft), field.querySelector(".value-box")?.dataset.written);
  return draft === null && field.dataset.control === "labels" ? [] : draft;
}

/** The first value that is wanted and missing; null where there is none. */
export function missing(card) {
  const isEmpty = (value) => value === null || (Array.isArray(value) && value.length === 0);
  return fieldsOn(card).find((field) => "required" in field.dataset && isEmpty(valueOf(field))) ?? null;
}

/** The name of a value as the page says it. */
export const nameOf = (field) => field.querySelector("legend").firstChild.textContent.trim();

/** Keys of the labels in turn: ten digits, ten with Shift, then letters that mean nothing else; `keys` are those that do. */
export function capsFor(keys) {
  const taken = new Set(Object.values(keys));
  const digits = [..."1234567890"];
  return [...digits, ...digits.map((digit) => `⇧${digit}`), ...[...LETTERS].filter((letter) => !taken.has(letter))];
}

/** The key as it is without Shift: where no label has the other one, some keyboards need Shift to type a digit. */
export const unshifted = (cap) => cap?.replace("⇧", "");

/** Make a card ready: caps on its labels, their colours, the first value to be filled marked. */
export function prepareValues(card, keys) {
  if (!hasValues(card)) return;
  const caps = capsFor(keys);
  for (const field of fieldsOn(card)) {
    field.querySelectorAll("[data-pick]").forEach((pick, index) => {
      pick.dataset.cap = caps[index] ?? "";
      const cap = pick.querySelector("[data-cap]");
      cap.textContent = pick.dataset.cap.toUpperCase();
      if (pick.dataset.colour) pick.style.setProperty("--own", pick.dataset.colour);
    });
  }
  activate(card, activeOf(card) ?? missing(card) ?? fieldsOn(card)[0], { focus: false });
}

const activeOf = (card) => card.querySelector(".value.is-active");

/** Mark a value as the one that keys mean. */
export function activate(card, field, { focus = true } = {}) {
  for (const each of fieldsOn(card)) {
    each.classList.toggle("is-active", each === field);
    for (const cap of each.querySelectorAll(".pick [data-cap]")) cap.hidden = each !== field || !cap.textContent;
  }
  if (!focus || !field) return;
  if (isPicked(field)) card.focus({ preventScroll: true });
  else field.querySelector(".value-box").select();
  field.scrollIntoView({ block: "nearest" });
}

/** Move to the value after or before; answers whether there was one. */
export function stepValue(card, by) {
  const fields = fieldsOn(card);
  const next = fields[fields.indexOf(activeOf(card)) + by];
  if (next) activate(card, next);
  return Boolean(next);
}

/** Pick the label a key stands for; answers whether one does. */
export function pick(card, cap) {
  const labelAt = (key) => activeOf(card)?.querySelector(`[data-pick][data-cap="${CSS.escape(key)}"] input`);
  const found = labelAt(cap) ?? labelAt(unshifted(cap));
  if (!found) return false;
  found.checked = found.type === "radio" ? true : !found.checked;
  found.dispatchEvent(new Event("input", { bubbles: true }));
  if (found.type === "radio" && missing(card)) stepValue(card, 1);
  return true;
}

/** Bind a stage's values: what is picked or typed is kept; in a box Enter goes on or confirms, arrows move between values. */
export function bindValues(stage, { onChange, accept }) {
  stage.addEventListener("input", (event) => {
    const card = event.target.closest(".card");
    if (!card || !event.target.closest("[data-value]")) return;
    activate(card, event.target.closest("[data-value]"), { focus: false });
    onChange(card);
  });
  stage.addEventListener("focusin", (event) => {
    if (event.target.matches(".value-box")) activate(event.target.closest(".card"), event.target.closest("[data-value]"), { focus: false });
  });
  onKey(stage, (event) => {
    if (!event.target.matches(".value-box") || event.ctrlKey || event.metaKey) return;
    const card = event.target.closest(".card");
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    // A key that is held down confirms nothing.
    if (event.key === "Enter" && event.repeat) return;
    if (!stepValue(card, step) && event.key === "Enter") accept(card);
  });
}
