/** Tables with data-keys: j and k walk the rows, x selects, Enter opens; shift selects a range; a bulk bar follows. */

import { areOn, isTyping, letterOf, onKey } from "./keys.js";
import { gettext, interpolate } from "./words.js";

const rowsOf = (table) => [...table.tBodies[0].rows].filter((row) => !row.hidden);
const boxOf = (row) => row.querySelector("input[data-select]");

function step(table, by) {
  const rows = rowsOf(table);
  const at = rows.indexOf(document.activeElement?.closest?.("tr"));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function onRowKey(event) {
  if (!areOn() || event.defaultPrevented || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = document.activeElement?.closest?.("table[data-keys] tbody tr");
  const table = row?.closest("table") ?? document.querySelector("table[data-keys]");
  if (!table?.tBodies[0]) return;
  const letter = letterOf(event);
  if (letter === "j" || letter === "k") step(table, letter === "j" ? 1 : -1);
  else if (letter === "x" && row) boxOf(row)?.click();
  else if (event.key === "Enter" && document.activeElement === row) row.querySelector("a[href]")?.click();
  else return;
  event.preventDefault();
}

function onSelect(table, event) {
  const box = event.target;
  if (box.matches("input[data-select-all]")) {
    for (const row of rowsOf(table)) if (boxOf(row)) boxOf(row).checked = box.checked;
  } else if (!box.matches("input[data-select]")) return;
  if (event.shiftKey && table.lastBox) {
    const boxes = rowsOf(table).map(boxOf);
    const [from, to] = [boxes.indexOf(table.lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) for (const each of boxes.slice(from, to + 1)) if (each) each.checked = box.checked;
  }
  if (box.matches("input[data-select]")) table.lastBox = box;
  tell(table);
}

function tell(table) {
  const chosen = table.querySelectorAll("input[data-select]:checked").length;
  for (const bar of document.querySelectorAll(`[data-bulk="${CSS.escape(table.id)}"]`)) {
    bar.hidden = chosen === 0;
    const count = bar.querySelector("[data-bulk-count]");
    if (count) count.textContent = interpolate(gettext("%(count)s selected"), { count: chosen });
  }
}

/** Bind every table that asks for it, now and after htmx swaps. */
export function bindTables() {
  document.addEventListener("click", (event) => {
    const table = event.target.closest?.("table[data-keys]");
    if (table) onSelect(table, event);
  });
  onKey(window, onRowKey);
  for (const table of document.querySelectorAll("table[data-keys]")) tell(table);
}
