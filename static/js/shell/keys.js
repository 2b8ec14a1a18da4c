/** Keys of every page: g then a letter jumps, / searches, ? lists the keys. The link stays the truth: a key clicks it. */

import { gettext } from "./words.js";

const SEQUENCE_MS = 1200;
let waitingSince = 0;

/**
 * Whether the key belongs to a composition: an input method takes it to choose, confirm or drop a word. Safari ends a
 * composition before the key that confirms it, and tells that key by its code alone.
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Listen to keys of a place, but for those of a composition. All that this product does on a key is bound by this. */
export function onKey(place, act, options) {
  place.addEventListener("keydown", (event) => isComposing(event) || act(event), options);
}

/** Letter of a key event, also on layouts whose letters are not Latin. */
export function letterOf(event) {
  if (/^[\x21-\x7e]$/.test(event.key)) return event.key.toLowerCase();
  return event.code?.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
}

/** Whether the key belongs to what the person is writing in. */
export function isTyping(event) {
  const box = event.target instanceof Element ? event.target.closest("input, textarea, select, [contenteditable]") : null;
  return Boolean(box) && !["checkbox", "radio", "button", "submit"].includes(box.type);
}

/** Whether single-letter keys are on for this member; a page may switch them while it is open. */
export const areOn = () => document.body.dataset.shortcuts !== "off";

function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

// On window while capturing, so that the letter after g never reaches a page's own single-letter keys.
function jump(event) {
  if (!areOn() || isTyping(event) || hasModifier(event) || document.querySelector("dialog[open]")) return;
  const letter = letterOf(event);
  if (waitingSince && event.timeStamp - waitingSince < SEQUENCE_MS) {
    waitingSince = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
    event.stopImmediatePropagation();
    event.preventDefault();
    link?.click();
    return;
  }
  waitingSince = letter === "g" && !event.shiftKey ? event.timeStamp : 0;
}

// On window while bubbling, so that a page that has its own meaning for a key goes first.
function lookUp(event) {
  if (!areOn() || event.defaultPrevented || isTyping(event) || hasModifier(event)) return;
  if (event.key === "/") {
    const box = document.querySelector("input[type=search]");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select?.();
  } else if (event.key === "?") {
    event.preventDefault();
    showKeys();
  }
}

function showKeys() {
  const dialog = document.createElement("dialog");
  dialog.className = "panel keys";
  dialog.setAttribute("aria-label", gettext("Keys"));
  const lines = [["/", gettext("Search")], ["?", gettext("This list")], ["j k", gettext("Next and previous row")], ["x", gettext("Select the row")], ["Enter", gettext("Open the row")]];
  for (const link of document.querySelectorAll("[data-go]")) {
    lines.unshift([`g ${link.dataset.go}`, link.firstChild.parentNode.textContent.replace(/g \w\s*$/, "").trim()]);
  }
  const list = document.createElement("dl");
  list.className = "kv";
  for (const [keys, words] of lines.reverse()) {
    const term = document.createElement("dt");
    for (const key of keys.split(" ")) term.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
    list.append(term, Object.assign(document.createElement("dd"), { textContent: words }));
  }
  const close = Object.assign(document.createElement("button"), { className: "btn", textContent: gettext("Close") });
  close.addEventListener("click", () => dialog.close());
  dialog.append(Object.assign(document.createElement("h2"), { textContent: gettext("Keys") }), list, close);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export function bindKeys() {
  onKey(window, jump, { capture: true });
  onKey(window, lookUp);
}
