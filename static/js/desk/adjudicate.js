/** Keys of the page that settles a dispute: a key clicks the button that bears it. Knows nothing of verdicts. */

import { isTyping, letterOf } from "../shell/keys.js";

const form = document.querySelector("[data-adjudicate]");

function pressed(event) {
  // Digits by their place: on a French keyboard they need Shift, and a reason should not.
  return /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? letterOf(event);
}

function onKey(event) {
  if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
  const editor = form.querySelector("details");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (!editor.open) return;
    event.preventDefault();
    form.querySelector("[data-save]").click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (document.body.dataset.shortcuts === "off") return;
  const button = form.querySelector(`[data-press="${CSS.escape(pressed(event))}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
  if (editor.contains(button) && editor.open) editor.querySelector("input, textarea").focus();
}

if (form) document.addEventListener("keydown", onKey);
