/**
 * A run's page while it goes on: charts grow, figures change, samples and checkpoints appear.
 * The page was drawn with all that was known; the stream replays what came since, and what stands in both is shown once.
 */

import { drawAll } from "../charts.js";
import { watch } from "../live.js";

const page = document.querySelector("[data-run-job]");
const ENDED = ["succeeded", "failed", "cancelled", "paused"];

/** Each live figure with the metrics it draws and the steps it has drawn already. */
function liveFigures() {
  return [...page.querySelectorAll("figure[data-live]")].map((figure) => {
    const data = JSON.parse(document.querySelector(figure.dataset.source).textContent);
    const drawn = Object.fromEntries(data.series.map((each) => [each.name, new Set(each.points.map((point) => point[0]))]));
    // A chart that comes with the validations names no metric that grows meanwhile.
    const pairs = (figure.dataset.live.match(/\w+:[^:]+?(?=\s+\w+:|$)/g) ?? []).map((pair) => pair.split(":"));
    return { figure, pairs, drawn };
  });
}

function addMetric(figures, payload) {
  for (const { figure, pairs, drawn } of figures) {
    for (const [key, name] of pairs) {
      const value = payload[key];
      const steps = (drawn[name] ??= new Set());
      if (!Number.isFinite(value) || steps.has(payload.step)) continue;
      steps.add(payload.step);
      figure.append(name, [payload.step, value]);
    }
  }
  for (const place of page.querySelectorAll("[data-latest]")) {
    const value = payload[place.dataset.latest];
    if (!Number.isFinite(value)) continue;
    const digits = Number(place.dataset.digits);
    place.textContent = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" });
  }
}

function el(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function addSample({ id, step, text }) {
  const places = page.querySelector("[data-samples]");
  page.querySelector("[data-no-samples]").hidden = true;
  let place = [...places.children].find((each) => each.dataset.sample === String(id));
  if (!place) {
    place = el("div", { className: "stack tight" }, el("h3", { textContent: id }));
    place.dataset.sample = id;
    places.append(place);
  }
  const title = `step ${step}`;
  if ([...place.querySelectorAll("summary")].some((each) => each.textContent === title)) return;
  for (const older of place.querySelectorAll("details")) older.open = false;
  const newest = el("details", { open: true }, el("summary", { className: "small muted", textContent: title }), el("div", { className: "sample", textContent: text }));
  place.querySelector("h3").after(newest);
}

function addCheckpoint({ step }) {
  const rows = page.querySelector("[data-checkpoints]");
  page.querySelector("[data-no-checkpoints]").hidden = true;
  if ([...rows.rows].some((row) => row.dataset.step === String(step))) return;
  const cells = [el("td", { className: "num", textContent: step }), el("td", { className: "mono", textContent: "saved" }), el("td", { textContent: "just now" })];
  const row = el("tr", {}, ...cells);
  row.dataset.step = step;
  rows.prepend(row);
}

function addLogLine(seq, { level, message }) {
  const log = page.querySelector("[data-log]");
  if ([...log.children].some((line) => line.dataset.seq === String(seq))) return;
  const line = el("li", {}, el("time", { textContent: `${new Date().toISOString().slice(11, 19)} UTC` }), " ", el("span", { textContent: message }));
  if (level !== "info") line.lastChild.className = `is-${level}`;
  line.dataset.seq = seq;
  log.append(line);
  log.scrollTop = log.scrollHeight;
}

function begin() {
  drawAll(page);
  const figures = liveFigures();
  const from = Number(page.querySelector("[data-job]").dataset.jobSeq);
  watch(page.dataset.runJob, from, ({ seq, kind, payload }) => {
    if (kind === "metric") addMetric(figures, payload);
    else if (kind === "sample") addSample(payload);
    else if (kind === "checkpoint") addCheckpoint(payload);
    else if (kind === "log") addLogLine(seq, payload);
    else if (kind === "state" && ENDED.includes(payload.state)) {
      document.querySelector("#outcome")?.dispatchEvent(new CustomEvent("job-ended"));
    }
  });
}

if (page) begin();
