/** A study's page while it goes on: when its job tells something, or a cell's job moves, the cells are asked for again. */

const page = document.querySelector("[data-study-job]");
const SETTLE_MS = 300;
let timer = 0;

function ask() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => document.querySelector("#study-cells")?.dispatchEvent(new CustomEvent("cells-changed")), SETTLE_MS);
}

if (page) {
  document.addEventListener("job-event", ({ detail }) => {
    if (detail.job === page.dataset.studyJob || detail.kind === "state") ask();
  });
}
