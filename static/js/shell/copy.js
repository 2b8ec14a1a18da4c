/** Buttons with data-copy="#id" put that element's text on the clipboard and say so. */

import { gettext } from "./words.js";

/** Bind by delegation. */
export function bindCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    const words = button.dataset.words ?? button.textContent;
    button.dataset.words = words;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = gettext("Copied");
    } catch {
      window.getSelection().selectAllChildren(source);
      button.textContent = gettext("Selected");
    }
    setTimeout(() => (button.textContent = words), 1500);
  });
}
