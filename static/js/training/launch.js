/** The launch form: when another recipe's values have been shown, the estimate is asked for again. */

let wasOpen = false;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "recipe-values") wasOpen = event.target.open;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "recipe-values") return;
  event.target.open = wasOpen;
  document.body.dispatchEvent(new CustomEvent("recipe-shown"));
});
