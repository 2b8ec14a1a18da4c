/** "Show all": the rest of a text that was too long to be drawn at once, fetched and laid out in blocks. */

import { gettext } from "../shell/words.js";

const BLOCK = 8_000;

function* blocksOf(text) {
  let at = 0;
  while (at < text.length) {
    let end = Math.min(at + BLOCK, text.length);
    const blank = end < text.length ? text.lastIndexOf(" ", end) : -1;
    if (blank > at) end = blank + 1;
    // Never between the halves of one character.
    else if (end < text.length && /[\uDC00-\uDFFF]/.test(text[end])) end += 1;
    yield text.slice(at, end);
    at = end;
  }
}

/** Bind the links; without scripts they open the text by itself. */
export function bindLongTexts(stage, notices) {
  stage.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-show-all]");
    if (!link) return;
    event.preventDefault();
    const answer = await fetch(link.href, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
    if (!answer) return notices.hint(gettext("This cannot be loaded: no network, or the draft is gone."));
    if (!answer.ok) return location.assign(link.href);
    const whole = document.createElement("div");
    whole.className = "whole-text";
    whole.tabIndex = -1;
    // Blocks far from the eye are not laid out, so that a line of a megabyte does not stop the page.
    for (const text of blocksOf(await answer.text())) {
      whole.append(Object.assign(document.createElement("div"), { className: "text-block", dir: "auto", textContent: text }));
    }
    link.parentElement.replaceChildren(whole);
    whole.focus({ preventScroll: true });
    return undefined;
  });
}
