/** A job's bar keeps itself true: badge, figures, progress, and which buttons there are. Knows one element. */

import { figures, money } from "./words.js";

const BADGES = { running: "is-running", pausing: "is-running", cancelling: "is-running", succeeded: "is-good", failed: "is-failed", paused: "is-look", waiting: "is-look" };
const HELD = ["running", "pausing", "cancelling"];
const AT_REST = ["paused", "cancelled", "failed", "succeeded"];
const VERBS = {
  pause: ["queued", "waiting", "running"],
  resume: ["paused", "failed"],
  cancel: ["queued", "waiting", "running", "pausing", "paused", "failed"],
};
// A job of cells that waits for nothing but them goes on: the server says so in its reason, and shows it so.
const UNDER_WAY = "is under way";
const FINISHED = ["cancelled", "failed", "succeeded"];
const RELOAD_AFTER_MS = 400;
const FIRST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 60_000;
// A page that is being left for longer than this stays after all: what was asked for was a file.
const LEAVES_WITHIN_MS = 30_000;

let leavingSince = -Infinity;
window.addEventListener("beforeunload", () => (leavingSince = performance.now()));

let timer = null; // one for all bars of the page
let refused = 0; // how often in a row the page could not be fetched

function reloadAfter(pauseMs) {
  clearTimeout(timer);
  timer = setTimeout(reload, pauseMs);
}

function pauseAfter(tries) {
  return Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
}

function isBeingLeft() {
  return performance.now() - leavingSince < LEAVES_WITHIN_MS;
}

function canBeFetched() {
  const signal = AbortSignal.timeout(LONGEST_PAUSE_MS);
  return fetch(location.href, { cache: "no-store", signal }).then(({ ok }) => ok, () => false);
}

/**
 * Fetch the page again, unless somebody is on the way elsewhere: a reload would call them back. While the server is away
 * the page stays: a reload would leave the browser's own error page, which never looks again.
 */
async function reload() {
  if (!isBeingLeft() && !(await canBeFetched())) reloadAfter(pauseAfter(refused++));
  else if (isBeingLeft()) reloadAfter(RELOAD_AFTER_MS);
  else location.reload();
}

/**
 * A bar of a job after which another thing is to come: drawn between the two, it hears of neither. What does not come is
 * looked for ever less often; the count outlives the page that is fetched again.
 */
export function lookAgain(bar) {
  if (timer || bar.dataset.jobReload !== "again" || !FINISHED.includes(bar.dataset.jobState)) return;
  const name = `looked-${bar.dataset.job}`;
  const tries = Number(sessionStorage.getItem(name));
  sessionStorage.setItem(name, tries + 1);
  reloadAfter(pauseAfter(tries));
}

/** Apply one event to a `[data-job]` element. */
export function apply(bar, event) {
  if (event.kind === "progress") showProgress(bar, event.payload);
  if (event.kind === "state") showState(bar, event.payload);
}

function showProgress(bar, payload) {
  bar.jobProgress = { ...bar.jobProgress, ...payload };
  const { done, total } = bar.jobProgress;
  showFigures(bar);
  const meter = bar.querySelector("[data-job-progress]");
  if (meter && total) [meter.max, meter.value] = [total, done ?? 0];
  if (total) set(bar, "[data-job-share]", `${Math.floor((100 * (done ?? 0)) / total)} %`);
  for (const figure of bar.querySelectorAll("[data-job-figure]")) {
    const value = bar.jobProgress[figure.dataset.jobFigure];
    if (Number.isFinite(value)) figure.textContent = figure.dataset.jobFigure.endsWith("_usd") ? money(value) : value.toLocaleString("en-US");
  }
}

function showFigures(bar) {
  if (bar.jobProgress) set(bar, "[data-job-figures]", figures(bar.jobProgress, HELD.includes(bar.dataset.jobState)));
}

function showState(bar, { state, reason }) {
  bar.dataset.jobState = state;
  showFigures(bar);
  const badge = bar.querySelector("[data-job-badge]");
  const shown = state === "waiting" && reason?.includes(UNDER_WAY) ? "running" : state;
  if (!HELD.includes(state)) set(bar, "[data-job-share]", "");
  if (badge) [badge.className, badge.textContent] = [`badge ${BADGES[shown] ?? "is-idle"}`, shown];
  set(bar, "[data-job-reason]", reason ?? "");
  for (const form of bar.querySelectorAll("[data-job-verb]")) form.hidden = !VERBS[form.dataset.jobVerb].includes(state);
  const leave = bar.querySelector("[data-job-leave]");
  if (leave) leave.hidden = !HELD.includes(shown);
  const meter = bar.querySelector("[data-job-progress]");
  meter?.classList.toggle("is-good", state === "succeeded");
  meter?.classList.toggle("is-failed", state === "failed");
  if (meter && state === "succeeded") meter.value = meter.max;
  // What the job made is drawn by the server; a page that asks for it is fetched again once there is something new.
  if ("jobReload" in bar.dataset && AT_REST.includes(state)) reloadAfter(RELOAD_AFTER_MS);
}

function set(bar, selector, text) {
  const element = bar.querySelector(selector);
  if (element) element.textContent = text;
}
