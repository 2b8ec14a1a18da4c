/** Requests of the desk that are no verdicts: the deck, leaving, keys. Knows addresses; keeps nothing. */

import { gettext, language } from "../shell/words.js";

/** A page that is drawn in a panel, as a document; null where there is none, and the reviewer was told why (`lost`: no network, or gone). */
export async function panelPage(href, notices, lost) {
  // A page that leads elsewhere leads to the sign-in, which belongs in no panel.
  const response = await fetch(href, { headers: { "HX-Request": "true" }, credentials: "same-origin", redirect: "manual" }).catch(() => null);
  if (response?.ok) return new DOMParser().parseFromString(await response.text(), "text/html");
  if (response?.type === "opaqueredirect") notices.signedOut();
  else notices.hint(lost);
  return null;
}

/** Open another page if the server answers: without a network the desk stays, and its cards can be judged. */
export async function openPage(href, notices) {
  const answer = await fetch(href, { method: "HEAD", credentials: "same-origin", redirect: "manual" }).catch(() => null);
  if (answer) location.assign(href);
  else notices.hint(gettext("The server cannot be reached."));
}

export class Server {
  constructor(desk, token) {
    this.urls = desk.dataset;
    this.token = token;
  }

  #headers() {
    return { "Content-Type": "application/json", "X-CSRFToken": this.token, "X-Page-Language": language };
  }

  /** Where a verb on one card is posted. */
  cardUrl(card, verb) {
    return `${this.urls.draftsUrl}${card}/${verb}/?render=html${this.#only()}`;
  }

  /** The part of the task that this desk keeps to, as an address says it. */
  #only() {
    return this.urls.only ? `&only=${encodeURIComponent(this.urls.only)}` : "";
  }

  /** The deck as the server has it, leases renewed; null when it cannot be reached. */
  async deck() {
    try {
      const response = await fetch(`${this.urls.deckUrl}?render=html${this.#only()}`, { headers: this.#headers(), credentials: "same-origin" });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  /** What the checks say of fields that are not saved; null when they cannot be reached. */
  async check(card, fields) {
    return this.#send("POST", `${this.urls.draftsUrl}${card}/check/?render=html`, { fields });
  }

  /** Keep an unfinished edit with the card. */
  keepUnfinished(card, fields) {
    return this.#send("PUT", `${this.urls.draftsUrl}${card}/unfinished/`, { fields });
  }

  async #send(method, url, body) {
    try {
      const response = await fetch(url, { method, headers: this.#headers(), body: JSON.stringify(body), credentials: "same-origin" });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  /** Return cards to the queue while the page goes away. */
  release(cards) {
    const body = JSON.stringify({ cards });
    fetch(this.urls.releaseUrl, { method: "POST", keepalive: true, headers: this.#headers(), body }).catch(() => {});
  }

  /** Remember the member's keys, and answer with them as they are kept; throws what is wrong with them. */
  async saveKeys(keys, on) {
    const response = await fetch(this.urls.keysUrl, { method: "PUT", headers: this.#headers(), body: JSON.stringify({ keys, on }) });
    if (!response.ok) throw new Error((await response.json().catch(() => null))?.title ?? gettext("The server cannot be reached."));
    return response.json();
  }
}
