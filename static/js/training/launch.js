/** The launch form: when another recipe's values have been shown, the estimate is asked for again. */

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "recipe-values") document.body.dispatchEvent(new CustomEvent("recipe-shown"));
});
