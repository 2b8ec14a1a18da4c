/** Deciding many: only the fields of the chosen verdict are shown, and a preview goes stale when its form changes. */

const form = document.querySelector("[data-bulk-form]");

function show() {
  const verdict = form.querySelector("input[name=verdict]:checked")?.value;
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== verdict;
}

if (form) {
  show();
  form.addEventListener("input", (event) => {
    show();
    if (event.target.name !== "typed") form.querySelector("[data-preview]")?.remove();
  });
  // A second click while the first is on its way would only be answered the same; it should not look as if it did more.
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button[name=act]")) setTimeout(() => (button.disabled = true));
  });
}
