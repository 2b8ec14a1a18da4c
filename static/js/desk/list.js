/** The list of drafts: the bulk bar says what is chosen, empty filters stay out of the address. */

const bar = document.querySelector("[data-bulk]");
const form = document.querySelector("[data-list-search]");

// A bar that nothing is chosen for is shown without scripts only; `shell/tables.js` brings it with the first choice.
if (bar && !document.querySelector("input[data-select]:checked")) bar.hidden = true;

form?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData.entries()]) if (!value) event.formData.delete(name);
});
