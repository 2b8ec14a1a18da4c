/**
 * Tables sort by their heads: a press on one orders the rows by that column, a second press turns the order round.
 * Only whole tables: of one that goes on elsewhere the server knows the order. Cells without a value
 * stay last.
 */

const EMPTY = new Set(["", "–", "-", "—"]);
const UNITS = { k: 1e3, M: 1e6, G: 1e9 };
const SPANS = { d: 86400, h: 3600, min: 60, s: 1, ms: 0.001 };
const PAGED = /[?&](page|after|before|from)=/;
const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The number a figure shows: `$1,234.50`, `−3.1 %`, `12.4k`, `1 h 20 min`; null where it is none. */
export function numberOf(text) {
  const spans = [...text.matchAll(/(\d[\d,.]*)\s?(d|h|min|s|ms)(?![a-z])/g)];
  if (spans.length) return spans.reduce((sum, [, size, unit]) => sum + Number(size.replaceAll(",", "")) * SPANS[unit], 0);
  const match = /^[^\d−+-]{0,3}([−+-]?)\s*\$?\s*(\d[\d,]*\.?\d*(?:e-?\d+)?)\s?(?:([kMG])(?:i?B|(?![a-z])))?/.exec(text);
  if (!match) return null;
  const size = Number(match[2].replaceAll(",", "")) * (UNITS[match[3]] ?? 1);
  return match[1] === "−" || match[1] === "-" ? -size : size;
}

function valueOf(cell) {
  const moment = cell.querySelector("time[datetime]");
  return moment?.dateTime ?? cell.textContent.trim();
}

function compare(isFigures, [a], [b]) {
  return isFigures ? a - b : words.compare(a, b);
}

function sort(table, head) {
  const body = table.tBodies[0];
  const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  const isFigures = head.classList.contains("num");
  const lines = [...body.rows].map((row) => {
    const value = valueOf(row.cells[head.cellIndex]);
    return [isFigures ? numberOf(value) : value, row, EMPTY.has(value) || (isFigures && numberOf(value) === null)];
  });
  const known = lines.filter(([, , isEmpty]) => !isEmpty).sort((a, b) => turn * compare(isFigures, a, b));
  body.append(...[...known, ...lines.filter(([, , isEmpty]) => isEmpty)].map(([, row]) => row));
  for (const each of head.parentElement.cells) if (each.hasAttribute("aria-sort")) each.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", turn > 0 ? "ascending" : "descending");
}

/** Whether the rows are all there, one a thing, and nobody types into them. */
function isSortable(table) {
  const rows = [...(table.tBodies[0]?.rows ?? [])];
  const goesOn = PAGED.test(location.search) || table.closest("section, main")?.querySelector("[rel~=next], [rel~=prev]");
  const spans = "[colspan]:not([colspan='1']), [rowspan]:not([rowspan='1']), select, textarea, input:not([type=checkbox], [type=hidden])";
  return rows.length > 1 && table.tBodies.length === 1 && table.tHead?.rows.length === 1 && !goesOn && !table.querySelector(spans);
}

function bind(table) {
  if ("fixed" in table.dataset || table.querySelector("th[aria-sort]") || !isSortable(table)) return;
  for (const head of table.tHead.rows[0].cells) {
    if (head.tagName !== "TH" || head.querySelector("a, button, input") || !head.textContent.trim() || head.querySelector(".sr-only")) continue;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "sort" });
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sort(table, head));
  }
}

/** Bind the tables of the page, and those that htmx brings later. */
export function bindSorting() {
  const all = (root) => root.querySelectorAll("main .table").forEach(bind);
  all(document);
  document.addEventListener("htmx:afterSettle", () => all(document));
}
