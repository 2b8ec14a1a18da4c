/** A sweep's page while it goes on: when its job tells something, or a run's job moves, the runs are asked for again. */

import { drawAll } from "../charts.js";

const page = document.querySelector("[data-sweep-job]");
const SETTLE_MS = 400;
let timer = 0;

function ask() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => document.querySelector("#sweep-cells")?.dispatchEvent(new CustomEvent("cells-changed")), SETTLE_MS);
}

if (page) {
  document.addEventListener("job-event", ({ detail }) => {
    if (detail.job === page.dataset.sweepJob || detail.kind === "state") ask();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "sweep-cells") drawAll(page);
  });
}
