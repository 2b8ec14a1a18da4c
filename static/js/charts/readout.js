/** The small box that says what is under the pointer, or under the arrow keys. Knows no chart. */

import { onKey } from "../shell/keys.js";

/**
 * Bind to a chart's svg. `chart` gives: count(), nearest(x, y) -> index or -1, read(index) -> {x, at, lines: [[name, value]]},
 * mark(index or -1) which draws the cursor.
 */
export function bindReadout(figure, svg, chart) {
  const box = Object.assign(document.createElement("div"), { className: "readout", hidden: true });
  figure.append(box);
  let at = -1;

  const show = (index) => {
    at = index;
    chart.mark(index);
    box.hidden = index < 0;
    if (index < 0) return;
    const found = chart.read(index);
    const list = document.createElement("dl");
    for (const [name, value] of found.lines) {
      list.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
    }
    box.replaceChildren(Object.assign(document.createElement("div"), { className: "at", textContent: found.at }), list);
    const beside = found.x + 12 + box.offsetWidth > figure.clientWidth ? found.x - 12 - box.offsetWidth : found.x + 12;
    box.style.left = `${Math.max(0, beside)}px`;
    box.style.top = `${svg.offsetTop ?? 0}px`;
  };

  svg.addEventListener("pointermove", (event) => {
    const frame = svg.getBoundingClientRect();
    show(chart.nearest(event.clientX - frame.left, event.clientY - frame.top));
  });
  svg.addEventListener("pointerleave", () => show(-1));
  svg.addEventListener("blur", () => show(-1));
  onKey(svg, (event) => {
    const last = chart.count() - 1;
    const moves = { ArrowRight: at + 1, ArrowLeft: at < 0 ? last : at - 1, Home: 0, End: last };
    if (event.key === "Escape") show(-1);
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    show(Math.min(last, Math.max(0, moves[event.key])));
  });
}
