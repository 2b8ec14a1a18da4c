/** A page of a job that is made of others: when it tells something, or a cell's job moves, its cells are asked for again. */

import { drawAll } from "./charts.js";

const page = document.querySelector("[data-cells-of]");
const SETTLE_MS = 400;
let timer = 0;

function ask() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => document.querySelector("[data-cells]")?.dispatchEvent(new CustomEvent("cells-changed")), SETTLE_MS);
}

if (page) {
  document.addEventListener("job-event", ({ detail }) => {
    if (detail.job === page.dataset.cellsOf || detail.kind === "state") ask();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.matches("[data-cells]")) drawAll(page);
  });
}
