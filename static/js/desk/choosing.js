/** Keys of the page that chooses the best of several drafts: a key clicks the button that bears it. The form does the rest. */

import { isTyping, letterOf, onKey } from "../shell/keys.js";
import { gettext, interpolate } from "../shell/words.js";

const TOO_SOON_MS = 250;
let shownAt = performance.now();
let spentMs = 0;
let cameAt = 0;

const lineup = () => document.querySelector("[data-lineup]");

function bank() {
  if (!document.hidden) spentMs += performance.now() - shownAt;
  shownAt = performance.now();
}

function pressed(event) {
  // Digits by their place: on a French keyboard they need Shift, and a choice should not.
  return /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1] ?? letterOf(event);
}

onKey(document, (event) => {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (document.body.dataset.shortcuts === "off") return;
  const key = pressed(event);
  const button = key && lineup()?.querySelector(`[data-press="${CSS.escape(key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// Before htmx or the browser reads the form: how long it was looked at, without time in another tab.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-choose] button")) return;
  // A second click of a double click meets the next record's button, and a slip must not become a preference.
  if (event.pointerType && (event.detail > 1 || performance.now() - cameAt < TOO_SOON_MS)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  bank();
  const seconds = lineup().querySelector("[data-seconds]");
  if (seconds) seconds.value = (spentMs / 1000).toFixed(1);
}, true);
document.addEventListener("visibilitychange", () => (document.hidden ? (spentMs += performance.now() - shownAt) : (shownAt = performance.now())));

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id !== "lineup" && !target.querySelector?.("#lineup")) return;
  const fresh = lineup();
  spentMs = 0;
  cameAt = shownAt = performance.now();
  fresh.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
  document.querySelector("[data-choose-status]").textContent = `${fresh.dataset.said} ${interpolate(gettext("Now: %(title)s."), { title: fresh.getAttribute("aria-label") })}`;
});
