/** Comments beside a card of the desk: fetched when they are opened, written without leaving the card. Knows no verdict. */

import { newId } from "./history.js";
import { onKey } from "../shell/keys.js";
import { gettext, language, locale } from "../shell/words.js";

const LOST = gettext("The comments cannot be reached. What you wrote stays here.");

/** One comment, as text and nothing else. */
function drawn({ id, name, text, created_at: at }) {
  const item = Object.assign(document.createElement("li"), { className: "comment" });
  item.dataset.comment = id;
  const head = Object.assign(document.createElement("p"), { className: "comment-head" });
  const when = Object.assign(document.createElement("time"), { className: "muted small", dateTime: at });
  when.textContent = new Date(at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
  head.append(Object.assign(document.createElement("strong"), { textContent: name }), when);
  item.append(head, Object.assign(document.createElement("p"), { className: "comment-text", dir: "auto", textContent: text }));
  return item;
}

async function ask(address, options = {}) {
  try {
    const response = await fetch(address, { credentials: "same-origin", ...options, headers: { "X-Page-Language": language, ...options.headers } });
    return { ok: response.ok, body: await response.json() };
  } catch {
    return { ok: false, body: null };
  }
}

/** List the comments, page after page: the newest are on the last one. One that is sent meanwhile stays listed. */
async function show(box) {
  const words = box.querySelector("[data-comments-words]");
  const list = box.querySelector("[data-comments-list]");
  const before = new Set(list.children);
  const comments = [];
  let address = `${box.dataset.comments}?limit=500`;
  while (address) {
    const { ok, body } = await ask(address);
    if (!ok) {
      words.textContent = LOST;
      return;
    }
    comments.push(...body.results);
    // Behind a proxy the host and scheme may be others than the browser has.
    address = body.next && box.dataset.comments + new URL(body.next).search;
  }
  const fetched = new Set(comments.map(({ id }) => id));
  const meanwhile = [...list.children].filter((item) => !before.has(item) && !fetched.has(item.dataset.comment));
  list.replaceChildren(...comments.map(drawn), ...meanwhile);
  words.textContent = list.children.length ? "" : gettext("No comments on this draft yet.");
}

/** Boxes of the same draft: a card has one, and the panel beside it another, which may be closed again by now. */
const alike = (box) => new Set([box, ...document.querySelectorAll(`[data-comments="${CSS.escape(box.dataset.comments)}"]`)]);

/** List a comment that was sent, and take it out of its box; words typed since stay there. */
function settle(box, comment, sent) {
  const list = box.querySelector("[data-comments-list]");
  if (!list.querySelector(`[data-comment="${comment.id}"]`)) list.append(drawn(comment));
  const text = box.querySelector("[data-comments-text]");
  if (!text.value.startsWith(sent)) return;
  text.value = text.value.slice(sent.length).trimStart();
  delete text.dataset.id;
}

async function send(box, button) {
  const text = box.querySelector("[data-comments-text]");
  const words = box.querySelector("[data-comments-words]");
  if (!text.value.trim() || button.disabled) return text.focus();
  // One id until it is answered: a second press, or a lost answer, adds nothing twice.
  text.dataset.id ??= newId();
  button.disabled = true;
  const sent = text.value;
  const { ok, body } = await ask(box.dataset.comments, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({ id: text.dataset.id, text: sent }),
  });
  button.disabled = false;
  // A button that is off loses the focus.
  if (document.activeElement === document.body) button.focus();
  words.textContent = ok ? "" : (body?.title ?? LOST);
  if (ok) for (const each of alike(box)) settle(each, body, sent);
  return undefined;
}

document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.("details[data-comments]") && target.open) show(target);
}, true);

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-comments-send]");
  if (button) send(button.closest("[data-comments]"), button);
});

// While capturing: at the desk the same keys save an open edit.
onKey(document, (event) => {
  const box = event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("[data-comments-text]")?.closest("[data-comments]");
  if (!box) return;
  event.preventDefault();
  send(box, box.querySelector("[data-comments-send]"));
}, { capture: true });

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-comments-text]")) delete target.dataset.id;
});
