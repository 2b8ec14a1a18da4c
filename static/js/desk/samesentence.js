/**
 * After a verdict about a sentence that others contain, or that was edited often: a quiet line that leads to deciding those,
 * or to a check. It is loaded with the first verdict, asks once the browser has nothing better to do, and holds up no card.
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
  const link = (href, textContent) => Object.assign(document.createElement("a"), { href, textContent, title: found.sentence });
  const words = found.check_url ? gettext("change it in the %(count)s that wait") : gettext("%(count)s other pending drafts contain this sentence: decide them too");
  const others = found.url && link(found.url, interpolate(words, found));
  if (!found.check_url) return void line.append(others);
  line.append(interpolate(gettext("You edited this opening %(times)s times:"), found), " ", link(found.check_url, gettext("make it a check")));
  if (others) line.append(" · ", others);
}

function put(desk) {
  const line = document.createElement("span");
  line.className = "offer";
  line.dataset.offer = "";
  line.setAttribute("role", "status");
  desk.querySelector(".desk-foot .strip").before(line);
  return line;
}
