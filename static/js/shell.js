/** What every page does with keys, menus, tables and forms. Knows no room; behaviour hangs on data-* attributes. */

import { bindCopy } from "./shell/copy.js";
import { bindForms } from "./shell/forms.js";
import { bindKeys } from "./shell/keys.js";
import { rememberTask, rememberZone } from "./shell/memory.js";
import { bindMenus } from "./shell/menus.js";
import { bindNetwork } from "./shell/network.js";
import { bindParts } from "./shell/parts.js";
import { bindScrollers } from "./shell/scrollers.js";
import { bindSorting } from "./shell/sorting.js";
import { bindTables } from "./shell/tables.js";

rememberTask();
rememberZone();
bindKeys();
bindMenus();
bindTables();
bindSorting();
bindScrollers();
bindForms();
bindCopy();
bindNetwork();
bindParts();

// Of more tabs than there is room for, the one that is shown stands in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A link to a folded part unfolds it.
function unfold() {
  const part = document.getElementById(location.hash.slice(1));
  if (part?.tagName === "DETAILS") part.open = true;
}

unfold();
window.addEventListener("hashchange", unfold);
// Pressed again, it changes no hash.
document.addEventListener("click", ({ target }) => target.closest?.("a[href^='#']") && setTimeout(unfold));

// A form that is drawn anew is told what stood open.
document.addEventListener("formdata", ({ target, formData }) => {
  if (!target.hasAttribute("data-keeps-open")) return;
  for (const part of target.querySelectorAll("details[id][open]")) formData.append("open", part.id);
});

// Charts are fetched by the pages that have one, also when htmx brings it later.
function drawCharts(root) {
  if (root.querySelector("figure[data-chart]")) import("./charts.js").then((charts) => charts.drawAll(root));
}

drawCharts(document);
document.addEventListener("htmx:afterSettle", (event) => drawCharts(event.target));
