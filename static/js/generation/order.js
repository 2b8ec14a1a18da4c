/**
 * An order's page while it goes on: drafts arrive, failures are counted, figures change.
 * The page was drawn with all that was known; an event that stands in it already is passed over by its call id.
 * Text of a draft is only ever set as text: a teacher's answer is no markup.
 */

import { watch } from "../live.js";

const SHOWN = 12;
const page = document.querySelector("[data-order-job]");
const schema = JSON.parse(document.querySelector("#output-schema").textContent);
const places = {
  drafts: page.querySelector("[data-drafts]"),
  failures: page.querySelector("[data-failures]"),
};
const failed = new Set();

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
  return field.type === "text" ? String(value ?? "") : JSON.stringify(value, null, 1);
}

function addDraft({ call_id: call, record_title: title, fields, index }) {
  if ([...places.drafts.children].some((each) => each.dataset.call === call)) return;
  page.querySelector("[data-no-drafts]").hidden = true;
  const item = el("li", { className: "is-new" }, el("h3", { textContent: title || `Draft ${index + 1}` }));
  item.dataset.call = call;
  for (const field of schema) {
    const className = field.role === "subject" ? "is-subject" : "arrival-text";
    item.append(el("p", { className, textContent: fieldText(field, fields[field.name]) }));
  }
  places.drafts.prepend(item);
  while (places.drafts.children.length > SHOWN) places.drafts.lastElementChild.remove();
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

watch(page.dataset.orderJob, Number(page.dataset.orderSeq), ({ kind, payload }) => {
  if (kind === "draft") addDraft(payload);
  else if (kind === "failure") addFailure(payload);
  else if (kind === "progress") showFigures(payload);
});
