/**
 * Verdicts on their way to the server. An entry is on disk before the page counts on it, is sent in order, and leaves
 * only when the server has answered for good. Knows HTTP and the store; knows no card.
 *
 * Events (on the object itself): `sent` {entry, reply}, `refused` {entry, problem}, `waiting` {count, why}, `clear`.
 */

import { newId } from "./history.js";
import { addEntry, entriesOf, removeEntry } from "./store.js";
import { language } from "../shell/words.js";

const FIRST_PAUSE_MS = 800;
const LONGEST_PAUSE_MS = 30_000;

export class Outbox extends EventTarget {
  #member;
  #token;
  #desk;
  #tried = new Set();
  #withdrawn = new Set();
  #busy = false;
  #again = false;
  #pause = FIRST_PAUSE_MS;
  #timer = 0;
  // Tabs share one store, and any of them may send what another left there: the answer goes to the one that asked.
  #tab = newId();
  #channel = null;
  #isSending = false;

  /** `desk` names the desk of this page: a member's other desks keep their entries in the same store. */
  constructor(member, token, desk) {
    super();
    if ("BroadcastChannel" in window) {
      this.#channel = new BroadcastChannel(`desk-answers-${member}`);
      this.#channel.addEventListener("message", ({ data: { kind, detail } }) => {
        if (detail.entry.tab === this.#tab) this.dispatchEvent(new CustomEvent(kind, { detail }));
      });
    }
    this.#member = member;
    this.#token = token;
    this.#desk = desk;
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden || this.flush());
  }

  get #lock() {
    return `desk-outbox-${this.#member}`;
  }

  /** Keep an entry `{url, body, headers, note}` and send it as soon as its turn comes. */
  async add(entry) {
    const kept = { ...entry, member: this.#member, tab: this.#tab, desk: this.#desk };
    kept.seq = await addEntry(kept);
    this.flush();
    return kept;
  }

  /** Take back an entry that no try was made to send; null when it is too late, for the server may know it by then. */
  async withdraw(id) {
    if (await this.#isSentElsewhere()) return null;
    const found = (await entriesOf(this.#member)).find(({ tab, body }) => tab === this.#tab && body.id === id);
    if (!found || this.#tried.has(found.seq)) return null;
    // At once, for a round of sending may hold this very entry already.
    this.#withdrawn.add(found.seq);
    await removeEntry(found.seq);
    // Says anew what waits, if anything still does.
    this.flush();
    return found;
  }

  /** Whether another tab is sending at this moment: what it sends cannot be called back, only taken back. */
  async #isSentElsewhere() {
    if (this.#isSending || !navigator.locks) return false;
    const isIt = ({ name }) => name === this.#lock;
    const { held, pending } = await navigator.locks.query();
    // Where this tab has asked for the lock and nobody waits for one, it is this tab that has it, about to begin.
    return held.some(isIt) && (!this.#busy || pending.some(isIt));
  }

  /** This member's entries, oldest first. */
  entries() {
    return entriesOf(this.#member);
  }

  /** Whether an entry was made at this desk: cards dealt in answer to another's belong there. */
  isOurs({ desk = this.#desk }) {
    return desk === this.#desk;
  }

  /** Send what waits. One tab at a time where the browser has locks; without them the ids keep it harmless. */
  async flush() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    clearTimeout(this.#timer);
    const work = async () => {
      this.#isSending = true;
      await this.#drain().finally(() => (this.#isSending = false));
    };
    try {
      if (navigator.locks) await navigator.locks.request(this.#lock, work);
      else await work();
    } finally {
      this.#busy = false;
    }
    if (this.#again) {
      this.#again = false;
      this.flush();
    }
  }

  async #drain() {
    // Drafts of tasks in which the member may judge no more: what waits for them stays, and holds up no other.
    const closed = new Set();
    for (;;) {
      const entries = (await entriesOf(this.#member)).filter((entry) => !this.#withdrawn.has(entry.seq));
      if (!entries.length) {
        this.dispatchEvent(new CustomEvent("clear"));
        return;
      }
      const next = entries.find(({ draft }) => !closed.has(draft));
      if (!next) return void this.#stop(entries.length, "signed out");
      if (!(await this.#send(next, entries.length, closed))) return;
    }
  }

  /** Whether to go on with the next entry. */
  async #send(entry, count, closed) {
    this.#tried.add(entry.seq);
    let response;
    try {
      response = await fetch(entry.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.#token, "X-Page-Language": language, ...entry.headers },
        body: JSON.stringify(entry.body),
        credentials: "same-origin",
        redirect: "manual",
      });
      const reply = await response.json().catch(() => null);
      if (response.ok && reply) return await this.#done(entry, "sent", { entry, reply });
      if (response.status === 403 && reply?.code === "forbidden") return Boolean(closed.add(entry.draft));
      if (response.status === 401 || response.status === 403) return this.#stop(count, "signed out");
      // A reply without a body of ours comes from something in between, and says nothing about the verdict.
      if (reply?.code && response.status < 500 && response.status !== 429) {
        return await this.#done(entry, "refused", { entry, problem: reply });
      }
    } catch {
      // No network: fall through to another try.
    }
    this.#stop(count, "offline");
    this.#timer = setTimeout(() => this.flush(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    return false;
  }

  async #done(entry, kind, detail) {
    await removeEntry(entry.seq);
    this.#pause = FIRST_PAUSE_MS;
    this.dispatchEvent(new CustomEvent(kind, { detail }));
    // Said here as well, for the tab that asked may be gone.
    if (entry.tab !== this.#tab) this.#channel?.postMessage({ kind, detail });
    return true;
  }

  #stop(count, why) {
    this.dispatchEvent(new CustomEvent("waiting", { detail: { count, why } }));
    return false;
  }
}
