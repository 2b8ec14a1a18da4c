/** The table behind each chart: what a screen reader reads, and anyone who wants the figures. */

const MOST_ROWS = 200;

/** Every n-th of many rows, the last always among them. */
export function thinned(rows, most = MOST_ROWS) {
  if (rows.length <= most) return rows;
  const step = Math.ceil(rows.length / most);
  return rows.filter((_, index) => index % step === 0 || index === rows.length - 1);
}

/**
 * Put a closed details element behind the figure; its rows are made when it opens, so that a live chart pays nothing.
 * `read` returns {head: [words], rows: [[cell]]}.
 */
export function putTable(figure, read) {
  const details = document.createElement("details");
  const summary = Object.assign(document.createElement("summary"), { textContent: "Figures as a table" });
  const wrap = Object.assign(document.createElement("div"), { className: "table-wrap", tabIndex: 0 });
  wrap.setAttribute("role", "region");
  wrap.setAttribute("aria-label", `Figures: ${figure.getAttribute("aria-label") ?? "chart"}`);
  details.append(summary, wrap);
  details.addEventListener("toggle", () => details.open && fill(wrap, read()));
  figure.append(details);
}

function fill(wrap, { head, rows }) {
  const table = Object.assign(document.createElement("table"), { className: "table" });
  const top = table.createTHead().insertRow();
  head.forEach((words, index) => {
    const cell = Object.assign(document.createElement("th"), { textContent: words, scope: "col" });
    if (index > 0) cell.className = "num";
    top.append(cell);
  });
  const body = table.createTBody();
  for (const row of thinned(rows)) {
    const line = body.insertRow();
    row.forEach((value, index) => {
      const cell = line.insertCell();
      cell.textContent = value ?? "–";
      if (index > 0) cell.className = "num";
    });
  }
  wrap.replaceChildren(table);
}
