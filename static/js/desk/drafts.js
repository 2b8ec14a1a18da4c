/** Unfinished edits: at once in this browser, and a moment later on the server, so that another machine finds them. */

import { draftsOf, writeDraft } from "./store.js";

const PAUSE_MS = 2000;
// What nobody came back to in a month is not worth its room.
const OLD_MS = 30 * 86_400_000;

export class Drafts {
  #member;
  #server;
  #known = new Map();
  #timers = new Map();
  // What the server has yet to be given: fields, or null where the text is the draft's again.
  #unsent = new Map();

  constructor(member, server) {
    this.#member = member;
    this.#server = server;
  }

  /** Read what this browser holds; until then nothing counts as unfinished. */
  async load() {
    this.#known = await draftsOf(this.#member);
    for (const [card, { at }] of this.#known) if (Date.now() - at > OLD_MS) this.forget(card);
  }

  /** Fields left on a card in this browser, if any; none where the server has had them, for it may have later ones of another machine. */
  of(card, { isOnServer = false } = {}) {
    const left = this.#known.get(card);
    return left && !(isOnServer && left.isSent) ? left.fields : null;
  }

  /** The server keeps an edit of this card already. */
  adopt(card, fields) {
    this.#known.set(card, { fields, at: Date.now(), isSent: true });
  }

  /** What the server has yet to be given of a card: fields, null to forget them; undefined where it has all. */
  unsent(card) {
    return this.#unsent.get(card);
  }

  /** Keep an edit as far as it got; null when the text is the draft's again. */
  keep(card, fields) {
    if (!fields && !this.#known.has(card)) return;
    if (fields) this.#known.set(card, { fields, at: Date.now() });
    else this.#known.delete(card);
    writeDraft(this.#member, card, fields);
    this.#unsent.set(card, fields);
    clearTimeout(this.#timers.get(card));
    this.#timers.set(card, setTimeout(() => this.#send(card, fields), PAUSE_MS));
  }

  async #send(card, fields) {
    const reply = await this.#server.keepUnfinished(card, fields);
    if (!reply?.kept || this.#unsent.get(card) !== fields) return;
    this.#unsent.delete(card);
    if (!fields) return;
    this.#known.set(card, { fields, at: Date.now(), isSent: true });
    writeDraft(this.#member, card, fields, { isSent: true });
  }

  /** The card was judged or went away: nothing of it waits any more. */
  forget(card) {
    clearTimeout(this.#timers.get(card));
    this.#timers.delete(card);
    this.#unsent.delete(card);
    if (this.#known.delete(card)) writeDraft(this.#member, card, null);
  }
}
