/** Charts: <figure class="chart" data-chart="lines|intervals|scatter|histogram" data-source="#json" aria-label="…">.
 *  A lines chart grows by `figure.append(series, [x, y])`. */

import { histogram } from "./charts/histogram.js";
import { intervals } from "./charts/intervals.js";
import { lines } from "./charts/lines.js";
import { scatter } from "./charts/scatter.js";

const KINDS = { lines, intervals, scatter, histogram };

const isEmpty = (data) => ["rows", "points", "bins"].every((key) => !data[key]?.length) && !data.series;

/** Draw one figure, once. */
export function draw(figure) {
  const kind = KINDS[figure.dataset.chart];
  if (!kind || figure.dataset.drawn) return;
  figure.dataset.drawn = "yes";
  const source = figure.dataset.source ? document.querySelector(figure.dataset.source) : null;
  const data = JSON.parse(source?.textContent || "{}");
  if (isEmpty(data)) {
    figure.append(Object.assign(document.createElement("p"), { className: "none", textContent: figure.dataset.empty ?? "Nothing to draw yet." }));
    return;
  }
  kind(figure, data);
  figure.dispatchEvent(new CustomEvent("chart-ready", { bubbles: true }));
}

/** Draw every figure below an element. */
export function drawAll(root = document) {
  for (const figure of root.querySelectorAll("figure[data-chart]")) draw(figure);
}
