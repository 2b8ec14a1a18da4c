/** What a person sees when a part of a page could not be fetched: one quiet line, with what to do. */

import { takesItUp } from "./parts.js";
import { gettext, interpolate } from "./words.js";

let asker = null; // whose failure the line tells
let isOfPerson = false;

function isByPerson({ requestConfig }) {
  return Boolean(requestConfig?.triggeringEvent?.isTrusted);
}

function line() {
  return document.querySelector(".messages [data-network]");
}

/** What the page asked for by itself takes no place from what a person is told of their own act. */
function say(words, detail) {
  const place = document.querySelector(".messages");
  if (!place || (line() && isOfPerson && !isByPerson(detail))) return;
  const said = Object.assign(document.createElement("div"), { className: "alert is-failed" });
  said.dataset.network = "";
  said.append(Object.assign(document.createElement("p"), { textContent: words }));
  place.replaceChildren(said);
  asker = detail.requestConfig?.elt;
  isOfPerson = isByPerson(detail);
}

/** A person's stays until they act there again, whatever is fetched meanwhile; else until it could be fetched. */
function unsay(detail, isAct) {
  const isItsOwn = detail.requestConfig?.elt === asker || !asker?.isConnected;
  if (isItsOwn && isAct === isOfPerson) line()?.remove();
}

/** Listen to htmx. */
export function bindNetwork() {
  document.addEventListener("htmx:beforeRequest", ({ detail }) => isByPerson(detail) && unsay(detail, true));
  document.addEventListener("htmx:afterSwap", ({ detail }) => unsay(detail, false));
  document.addEventListener("htmx:sendError", ({ detail }) => {
    if (!takesItUp({ detail })) say(gettext("The server cannot be reached. Nothing was changed; try again in a moment."), detail);
  });
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (takesItUp({ detail })) return;
    const status = detail.xhr.status;
    if (status === 401) say(gettext("You are signed out. Sign in again in another tab, then repeat this."), detail);
    else if (status === 403) say(gettext("You may not do this here. Ask a lead of the task, or reload if you signed in again."), detail);
    else say(interpolate(gettext("The server refused this (%(status)s). Reload the page to see the current state."), { status }), detail);
  });
}
