/**
 * An order's page while it goes on: drafts arrive, failures are counted, figures change.
 * The page was drawn with all that was known; an event that stands in it already is passed over by its call id.
 * Text of a draft is only ever set as text: a teacher's answer is no markup. A draft that arrives takes the place of the
 * oldest, and none while the list is read (pointer or focus in it): what stands elsewhere stays where it is.
 */

import { watch } from "../live.js";

const SHOWN = matchMedia("(width < 640px)").matches ? 4 : 12;
const page = document.querySelector("[data-order-job]");
const schema = JSON.parse(document.querySelector("#output-schema").textContent);
const places = {
  drafts: page.querySelector("[data-drafts]"),
  failures: page.querySelector("[data-failures]"),
};
const failed = new Set();
const calls = new Set(); // every call whose draft was shown
const byAge = [...places.drafts.children].slice(0, SHOWN).reverse(); // the oldest first
let tallest = 0;

function el(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function money(amount) {
  const digits = amount !== 0 && Math.abs(amount) < 0.01 ? 4 : 2;
  return `$${amount.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

function fieldText(field, value) {
  if (field.type === "text") return String(value ?? "");
  if (value !== null && typeof value === "object") return JSON.stringify(value, null, 1);
  const text = typeof value === "boolean" ? (value ? "yes" : "no") : (value ?? "–");
  return `${field.name}: ${text}`;
}

function addDraft({ call_id: call, record_title: title, fields, index }) {
  // Without fields where they are kept from who may still judge them.
  if (!fields || calls.has(call) || [...places.drafts.children].some((each) => each.dataset.call === call)) return;
  calls.add(call);
  page.querySelector("[data-no-drafts]").hidden = true;
  if (byAge.length >= SHOWN && places.drafts.matches(":hover, :focus-within")) return;
  const item = el("li", { className: "is-new" }, el("h3", { textContent: title || `Draft ${index + 1}` }));
  item.dataset.call = call;
  for (const field of schema) {
    const className = field.role === "subject" ? "is-subject" : "arrival-text";
    item.append(el("p", { className, textContent: fieldText(field, fields[field.name]) }));
  }
  if (byAge.length < SHOWN) places.drafts.append(item);
  else byAge.shift().replaceWith(item);
  byAge.push(item);
  keepHeight(item);
}

/** Every place is as high as the highest draft so far, so that a shorter or longer one moves no row. */
function keepHeight(item) {
  if (item.offsetHeight <= tallest) return;
  tallest = item.offsetHeight;
  places.drafts.style.setProperty("--place", `${tallest}px`);
}

function addFailure({ call_id: call, code, message }) {
  if (failed.has(call)) return;
  failed.add(call);
  page.querySelector("[data-no-failures]").hidden = true;
  let line = [...places.failures.children].find((each) => each.dataset.code === code);
  if (!line) {
    const count = el("span", { textContent: "0" });
    count.dataset.count = "";
    const head = el("span", { className: "row between" }, el("span", { className: "mono", textContent: code }), count);
    line = el("li", {}, head, el("span", { className: "muted small", textContent: message }));
    line.dataset.code = code;
    places.failures.append(line);
  }
  const count = line.querySelector("[data-count]");
  count.textContent = String(Number(count.textContent) + 1);
}

function showFigures(payload) {
  for (const figure of page.querySelectorAll("[data-figure]")) {
    const value = payload[figure.dataset.figure];
    if (!Number.isFinite(value)) continue;
    figure.textContent = figure.dataset.figure === "cost_usd" ? money(value) : value.toLocaleString("en");
  }
}

/** Says once, when four fifths of the order's budget are spent, what the page says when it is drawn then. */
function showBudget({ cost_usd: cost, possible_cost_usd: possible = 0 }) {
  const line = page.querySelector("[data-budget-usd]");
  if (!line || !Number.isFinite(cost)) return;
  const share = (cost + possible) / Number(line.dataset.budgetUsd);
  line.querySelector("[data-budget-share]").textContent = `${(share * 100).toFixed(0)} %`;
  if (share < Number(line.dataset.warnAt) || "isNear" in line.dataset) return;
  line.dataset.isNear = "";
  page.querySelector("[data-budget-notice]").textContent = "Four fifths of this order's budget are spent.";
}

watch(page.dataset.orderJob, Number(page.dataset.orderSeq), ({ kind, payload }) => {
  if (kind === "draft") addDraft(payload);
  else if (kind === "failure") addFailure(payload);
  else if (kind === "progress") {
    showFigures(payload);
    showBudget(payload);
  }
});
