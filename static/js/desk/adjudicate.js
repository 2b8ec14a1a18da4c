/** Keys of the page that settles a dispute: a key clicks the button that bears it. Knows nothing of verdicts. */

import { isTyping, letterOf, onKey } from "../shell/keys.js";

const form = document.querySelector("[data-adjudicate]");

function pressed(event) {
  // Digits by their place: on a French keyboard they need Shift, and a reason should not.
  return /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? letterOf(event);
}

function onPress(event) {
  if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const save = document.activeElement?.closest("details[open]")?.querySelector("[data-save]");
    if (!save || !form.contains(save)) return;
    event.preventDefault();
    save.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (document.body.dataset.shortcuts === "off") return;
  const button = form.querySelector(`[data-press="${CSS.escape(pressed(event))}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
  const opened = button.matches("summary") ? button.closest("details[open]") : null;
  opened?.querySelector("input:not([type=hidden]), textarea")?.focus();
}

if (form) {
  onKey(document, onPress);
  form.classList.add("is-live");
}
