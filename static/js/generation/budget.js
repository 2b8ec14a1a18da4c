/**
 * The budget of an order's form begins as the sum that the price beside it names, and follows it until somebody writes another.
 * Left empty it begins anew; while it is typed in, nothing is written into it. A teacher that is free needs none.
 */

document.addEventListener("htmx:afterSwap", ({ target }) => {
  const named = target.querySelector("[data-suggested-budget]");
  const budget = target.closest("form")?.elements.max_cost_usd;
  if (!named || !budget) return;
  const isOwn = budget.value !== "" && budget.value !== budget.dataset.suggested;
  if (!isOwn && budget !== document.activeElement) budget.value = named.value;
  budget.dataset.suggested = named.value;
});
