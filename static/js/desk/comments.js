/** Comments beside a card of the desk: fetched when they are opened, written without leaving the card. Knows no verdict. */

import { newId } from "./history.js";
import { gettext, language, locale } from "../shell/words.js";

const LOST = gettext("The comments cannot be reached. What you wrote stays here.");

/** One comment, as text and nothing else. */
function drawn({ name, text, created_at: at }) {
  const item = Object.assign(document.createElement("li"), { className: "comment" });
  const head = Object.assign(document.createElement("p"), { className: "comment-head" });
  const when = Object.assign(document.createElement("time"), { className: "muted small", dateTime: at });
  when.textContent = new Date(at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
  head.append(Object.assign(document.createElement("strong"), { textContent: name }), when);
  item.append(head, Object.assign(document.createElement("p"), { className: "comment-text", dir: "auto", textContent: text }));
  return item;
}

async function ask(box, options = {}) {
  try {
    const response = await fetch(box.dataset.comments, { credentials: "same-origin", ...options, headers: { "X-Page-Language": language, ...options.headers } });
    return { ok: response.ok, body: await response.json() };
  } catch {
    return { ok: false, body: null };
  }
}

async function show(box) {
  const words = box.querySelector("[data-comments-words]");
  const { ok, body } = await ask(box);
  words.textContent = ok ? (body.results.length ? "" : gettext("No comments on this draft yet.")) : LOST;
  if (ok) box.querySelector("[data-comments-list]").replaceChildren(...body.results.map(drawn));
}

async function send(box, button) {
  const text = box.querySelector("[data-comments-text]");
  const words = box.querySelector("[data-comments-words]");
  if (!text.value.trim() || button.disabled) return text.focus();
  // One id until it is answered: a second press, or a lost answer, adds nothing twice.
  text.dataset.id ??= newId();
  button.disabled = true;
  const { ok, body } = await ask(box, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({ id: text.dataset.id, text: text.value }),
  });
  button.disabled = false;
  words.textContent = ok ? "" : (body?.title ?? LOST);
  if (!ok) return undefined;
  delete text.dataset.id;
  text.value = "";
  return box.querySelector("[data-comments-list]").append(drawn(body));
}

document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.("details[data-comments]") && target.open) show(target);
}, true);

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-comments-send]");
  if (button) send(button.closest("[data-comments]"), button);
});

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-comments-text]")) delete target.dataset.id;
});
