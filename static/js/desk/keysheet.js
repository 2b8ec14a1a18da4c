/** The sheet of keys: all of them, each to be changed, all to be switched off. */

import { gettext } from "../shell/words.js";

/** Bind the dialog; `save(keys, on)` stores a choice and may throw words to show. Returns a function that opens it. */
export function bindKeySheet(dialog, save) {
  const form = dialog.querySelector("[data-keysheet-form]");
  const words = dialog.querySelector("[data-keysheet-words]");
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const on = data.get("on") === "on";
    data.delete("on");
    try {
      await save(Object.fromEntries(data), on);
      words.textContent = gettext("Saved.");
    } catch (error) {
      words.textContent = error.message;
    }
  });
  return () => {
    words.textContent = "";
    if (!dialog.open) dialog.showModal();
  };
}
