/** Menus are details elements; this only shuts them when a person turns elsewhere. Without it they still open and shut. */

import { onKey } from "./keys.js";

function shutOthers(kept) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== kept) menu.open = false;
  }
}

/** Shut open menus on a click outside, on Escape, and when focus leaves. */
export function bindMenus() {
  document.addEventListener("click", (event) => shutOthers(event.target.closest?.("details.menu")));
  document.addEventListener("focusin", (event) => shutOthers(event.target.closest?.("details.menu")));
  onKey(document, (event) => {
    const menu = event.key === "Escape" ? document.querySelector("details.menu[open]") : null;
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
