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

/** The number a figure shows: `$1,234.50`, `−3.1 %`, `12.4k`, `1 h 20 min`, `under $0.0001`; null where it is none. */
export function numberOf(text) {
  const sign = /^[^\d−+-]{0,3}[−-]/.test(text) ? -1 : 1;
  const spans = [...text.matchAll(/(\d[\d,.]*)\s?(d|h|min|s|ms)(?![a-z])/g)];
  if (spans.length) return sign * spans.reduce((sum, [, size, unit]) => sum + Number(size.replaceAll(",", "")) * SPANS[unit], 0);
  const match = /^(?:under )?[^\d−+-]{0,3}[−+-]?\s*\$?\s*(\d[\d,]*\.?\d*(?:e-?\d+)?)\s?(?:([kMG])(?:i?B|(?![a-z])))?/.exec(text);
  return match && sign * Number(match[1].replaceAll(",", "")) * (UNITS[match[2]] ?? 1);
}

/** What a cell is sorted by: its moment, the figure that it shows, or its words; null where it has none. */
function valueOf(cell, isFigures) {
  const moment = cell.querySelector("time[datetime]");
  if (moment) return Date.parse(moment.dateTime);
  const text = cell.textContent.trim();
  if (EMPTY.has(text)) return null;
  return isFigures ? numberOf(text) : text;
}

function compare([a], [b]) {
  return typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b);
}

function sort(table, head) {
  const body = table.tBodies[0];
  const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  const isFigures = head.classList.contains("num");
  const lines = [...body.rows].map((row) => [valueOf(row.cells[head.cellIndex], isFigures), row]);
  const known = lines.filter(([value]) => value !== null).sort((a, b) => turn * compare(a, b));
  body.append(...[...known, ...lines.filter(([value]) => value === null)].map(([, row]) => row));
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
