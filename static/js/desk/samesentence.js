/**
 * After a verdict about a sentence that stands in other drafts too: a quiet line that leads to deciding those. It is loaded
 * with the first verdict, asks once the browser has nothing better to do, and never holds up a card.
 */

import { gettext, interpolate } from "../shell/words.js";

const WORTH_ASKING = new Set(["edit", "reject"]);
const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
let latest = "";

/** Ask whether the sentences of a sent verdict stand in others, and say so in the desk's foot. */
export function offer(desk, entry) {
  if (!WORTH_ASKING.has(entry.body?.verdict)) return;
  latest = entry.draft;
  idle(() => ask(desk, entry.draft));
}

async function ask(desk, draft) {
  const reply = await fetch(`${desk.dataset.draftsUrl}${draft}/repeated/`, { headers: { Accept: "application/json" } });
  if (!reply.ok) return;
  const [first] = (await reply.json()).results;
  // The line speaks of the last verdict only; an answer that comes late is not shown under another.
  if (draft === latest) show(desk, first);
}

function show(desk, found) {
  const line = desk.querySelector("[data-offer]") ?? put(desk);
  line.replaceChildren();
  if (!found) return;
  const link = document.createElement("a");
  link.href = found.url;
  link.title = found.sentence;
  link.textContent = interpolate(gettext("%(count)s other pending drafts contain this sentence: decide them too"), found);
  line.append(link);
}

function put(desk) {
  const line = document.createElement("span");
  line.className = "offer";
  line.dataset.offer = "";
  line.setAttribute("role", "status");
  desk.querySelector(".desk-foot .strip").before(line);
  return line;
}
