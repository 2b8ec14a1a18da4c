/** Unfinished edits: at once in this browser, and a moment later on the server, so that another machine finds them. */

import { draftsOf, writeDraft } from "./store.js";

const PAUSE_MS = 2000;
// What nobody came back to in a month is not worth its room.
const OLD_MS = 30 * 86_400_000;
// Of texts that may have arrived without an answer so many are known: in a long tunnel each pause adds one.
const MOST_MET = 30;

/** Fields as one line, the same whatever order a database keeps their names in. */
const lineOf = (fields) => JSON.stringify(fields, (_, value) => (
  value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value
));

export class Drafts {
  #member;
  #server;
  #known = new Map();
  #timers = new Map();
  // What this browser has met on the server or given it, as lines; anything else that stands there is later, and another machine's.
  #met = new Map();
  // What the server has yet to be given: fields, or null where the text is the draft's again.
  #unsent = new Map();

  constructor(member, server) {
    this.#member = member;
    this.#server = server;
  }

  /** Read what this browser holds; until then nothing counts as unfinished. */
  async load() {
    this.#known = await draftsOf(this.#member);
    for (const [card, { at, met }] of this.#known) {
      if (Date.now() - at > OLD_MS) this.forget(card);
      else if (met) this.#met.set(card, met);
    }
  }

  /** Fields left on a card in this browser, if any; none where the edit `there`, on the server, is later. */
  of(card, there) {
    const left = this.#known.get(card);
    return left && (this.#unsent.has(card) || this.#metOf(card).includes(lineOf(there))) ? left.fields : null;
  }

  /** What the server keeps of this card counts: the edit `there`, or none; `fields` as the card's boxes say it. */
  adopt(card, there, fields) {
    if (!there) return void this.forget(card);
    this.#known.set(card, { fields, at: Date.now() });
    this.#met.set(card, [lineOf(there)]);
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
    this.#write(card, fields);
    this.#unsent.set(card, fields);
    clearTimeout(this.#timers.get(card));
    this.#timers.set(card, setTimeout(() => this.#send(card, fields), PAUSE_MS));
  }

  /** At first the server keeps nothing. */
  #metOf(card) {
    return this.#met.get(card) ?? [lineOf(null)];
  }

  #write(card, fields) {
    writeDraft(this.#member, card, fields, this.#metOf(card));
  }

  async #send(card, fields) {
    const line = lineOf(fields);
    // It may arrive though its answer does not, as those before it may have.
    const [first, ...later] = this.#metOf(card);
    this.#met.set(card, [first, ...later.slice(-MOST_MET), line]);
    const reply = await this.#server.keepUnfinished(card, fields);
    if (!reply?.kept || !this.#unsent.has(card)) return;
    this.#met.set(card, [line]);
    if (this.#unsent.get(card) !== fields) return;
    this.#unsent.delete(card);
    if (fields) this.#write(card, fields);
  }

  /** The card was judged or went away: nothing of it waits any more. */
  forget(card) {
    clearTimeout(this.#timers.get(card));
    this.#timers.delete(card);
    this.#unsent.delete(card);
    this.#met.delete(card);
    if (this.#known.delete(card)) this.#write(card, null);
  }
}
