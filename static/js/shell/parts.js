/**
 * Parts of a page that fetch themselves: once it stands, every few seconds, or when a job has ended. One that could not be
 * fetched is asked for again, and none is replaced under a hand: a button that goes between press and release takes its
 * click along. What a person asked for is no concern of this; a failure of that is theirs to see.
 */

import { onKey } from "./keys.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const IN_USE_PAUSE_MS = 500;
// A hiccup is over before this; then a word is due.
const SAID_AFTER = 4;
const TYPED = "input:not([type=hidden], [type=button], [type=submit]), textarea, select";

const failures = new WeakMap(); // element -> how often in a row
const retries = new WeakMap(); // element -> its one timer
const unfolded = new WeakMap(); // request -> summaries of the details that were open
let pressed = null;

/** Whether nobody asked for it but the page. */
function asksItself({ requestConfig }) {
  return requestConfig?.verb === "get" && !requestConfig.triggeringEvent?.isTrusted;
}

function isPolled(element) {
  return /\bevery\b/.test(element.getAttribute("hx-trigger") ?? "");
}

function askAgain(element, afterMs) {
  if (isPolled(element) || !element.hasAttribute("hx-get")) return;
  clearTimeout(retries.get(element));
  const ask = () => {
    if (element.isConnected) window.htmx.ajax("get", element.getAttribute("hx-get"), { source: element }).catch(() => {});
  };
  retries.set(element, setTimeout(ask, afterMs));
}

/** A failed fetch: ask again, ever more patiently. True when that is all there is to do or say. */
export function takesItUp({ detail }) {
  const status = detail.xhr?.status ?? 0;
  const passes = status === 0 || status === 429 || status >= 500;
  if (!passes || !asksItself(detail)) return false;
  const asker = detail.requestConfig.elt;
  if (!asker.hasAttribute("hx-get")) return false;
  const count = (failures.get(asker) ?? 0) + 1;
  failures.set(asker, count);
  askAgain(asker, Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS));
  return count < SAID_AFTER;
}

function isInUse(part) {
  const focused = document.activeElement;
  const isTypedIn = part !== focused && part.contains(focused) && focused.matches(TYPED);
  return isTypedIn || (pressed && part.contains(pressed)) || part.querySelector("form[data-sent]");
}

function beforeSwap({ detail }) {
  if (!detail.shouldSwap || !asksItself(detail)) return;
  // This event's own element is the target: another one, where the part says so.
  const asker = detail.requestConfig.elt;
  failures.delete(asker);
  clearTimeout(retries.get(asker));
  if (isInUse(detail.target)) {
    detail.shouldSwap = false;
    askAgain(asker, IN_USE_PAUSE_MS);
    return;
  }
  const open = [...detail.target.querySelectorAll("details[open] > summary")];
  unfolded.set(detail.xhr, new Set(open.map((summary) => summary.textContent.trim())));
}

function afterSwap({ target, detail }) {
  const open = unfolded.get(detail.xhr);
  if (!open?.size) return;
  for (const summary of target.querySelectorAll("details:not([open]) > summary")) {
    if (open.has(summary.textContent.trim())) summary.parentElement.open = true;
  }
}

/** Listen to htmx, and to what is being pressed. */
export function bindParts() {
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSwap", afterSwap);
  const press = ({ target }) => (pressed = target instanceof Element ? target : null);
  // The click comes with the release, in the same task.
  const release = () => setTimeout(() => (pressed = null));
  document.addEventListener("pointerdown", press, { capture: true });
  onKey(document, (event) => event.key === " " && press(event), { capture: true });
  for (const name of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(name, release, { capture: true });
}
