/** What each act does to the deck, the outbox and the history. One object a page; knows nothing of keys. */

import { areWhole, fieldsOf, isChanged, isEditable, isEditing, leaveEdit, startEdit } from "./editing.js";
import { newId } from "./history.js";
import { ratingsOf } from "./ratings.js";
import { called, unreadable } from "./typed.js";
import { takeComment } from "./unsent.js";
import { activate, hasValues, isHidden, missing, nameOf, valuesChanged, valuesOf } from "./values.js";
import { gettext, interpolate } from "../shell/words.js";

const TINT_MS = 160;
const WORDS = { accept: gettext("Accepted."), edit: gettext("Edit saved."), reject: gettext("Rejected.") };

/** Whether an entry undoes what was said of its card. */
export const isTakingBack = ({ kind, body }) => kind === "hold" || body.verdict === "retract";

export class Verdicts {
  constructor(parts) {
    // drafts, deck, outbox, history, server, notices, stage, tabs, refill
    Object.assign(this, parts);
    this.undoing = new Set();
    // Cards judged here whose verdict the server has not confirmed, with the id of the latest: they stay out of the deck.
    this.away = new Map();
    // Cards whose verdict the server has taken, by turn: an answer that was on its way before may still name them.
    this.settled = new Map();
    this.turn = 0;
    // Verdicts and retracts of an earlier page that the server has, and only its answer was lost.
    this.counted = new Set();
  }

  /** Take up what an earlier page of this browser left in the outbox. */
  async resume() {
    const ours = (await this.outbox.entries()).filter((entry) => this.outbox.isOurs(entry));
    for (const { kind, draft, title, headers, body } of ours) {
      if (kind === "comment") continue;
      if (isTakingBack({ kind, body })) {
        // It is undone already, though the server may not know.
        if (kind === "hold") this.history.drop(this.away.get(draft));
        else if (!this.history.take(body.retracts)) this.counted.add(body.id);
        this.away.delete(draft);
        continue;
      }
      this.away.set(draft, body.id);
      const etag = headers?.["If-Match"].replaceAll('"', "");
      if (this.history.take(body.id)) this.counted.add(body.id);
      this.history.push({ kind, decision: body.id, draft, etag, title, said: body.verdict ?? kind });
    }
    for (const card of this.deck.cards) if (this.away.has(card.dataset.card)) this.deck.remove(card);
  }

  /** The server has answered for a comment that left with its card; `problem`: why it was refused. */
  commented(entry, problem) {
    if (problem) this.notices.refused(problem, entry);
    else this.notices.hint(gettext("Your comment was sent."));
    return this.deck.current ? undefined : this.refill();
  }

  /** Whether a card was judged since the turn in which the server was asked for it. */
  isStale(draft, asked) {
    return (this.settled.get(draft) ?? 0) > asked;
  }

  /** The server has answered an entry for good. Returns how many more, or fewer, it makes judged today. */
  settle({ kind, draft, body }) {
    this.turn += 1;
    if (isTakingBack({ kind, body })) this.settled.delete(draft);
    else this.settled.set(draft, this.turn);
    if (body.verdict === "retract") return this.counted.has(body.id) ? 0 : -1;
    if (this.away.get(draft) === body.id) this.away.delete(draft);
    return this.counted.has(body.id) ? 0 : 1;
  }

  /** Accept the draft; with another value picked, save that. A value that is missing is asked for first. */
  accept(card) {
    if (!hasValues(card)) return this.#decide(card, { verdict: "accept" });
    const lacking = missing(card);
    if (lacking) {
      activate(card, lacking);
      return this.notices.hint(interpolate(gettext("Fill in %(name)s first."), { name: nameOf(lacking) }));
    }
    // Of the texts nothing is said: words of an edit that was left unfinished are no part of an accept.
    return this.save(card, "", { fields: valuesOf(card), changed: valuesChanged(card) });
  }

  /** Save the edit; `note` is a word why, where one was asked for. */
  save(card, note = "", { fields = fieldsOf(card), changed = isChanged(card) } = {}) {
    const wrong = unreadable(card);
    if (wrong) {
      wrong.box.focus();
      return this.notices.hint(`${called(wrong.box)} ${wrong.problem}.`);
    }
    if (isHidden(card)) return this.#decide(card, { verdict: "edit", fields, was_hidden: true });
    return this.#decide(card, changed ? { verdict: "edit", fields, note } : { verdict: "accept" });
  }

  reject(card, reason) {
    this.#decide(card, { verdict: "reject", reasons: reason ? [reason] : [] });
  }

  edit(card) {
    if (isEditing(card)) this.leaveEdit(card);
    else if (isEditable(card)) {
      // A digit means one thing: the reasons close before boxes that take digits open.
      this.arm(card, false);
      startEdit(card);
    } else if (hasValues(card)) this.notices.hint(gettext("There is no text to edit: pick another value."));
    else this.notices.hint(gettext("This text is too long to edit here. Reject it or set it aside."));
  }

  leaveEdit(card) {
    this.drafts.keep(card.dataset.card, isChanged(card) ? fieldsOf(card) : null);
    card.classList.toggle("has-unfinished", isChanged(card));
    leaveEdit(card);
  }

  /** Whether a reject waits for its reason. */
  arm(card, on) {
    card.classList.toggle("is-rejecting", on);
    card.querySelector('[data-act="reject"]')?.setAttribute("aria-expanded", String(on));
    if (on) this.notices.say(interpolate(gettext("Reject because: %(reasons)s"), { reasons: [...card.querySelectorAll("[data-digit]")].map((each) => each.innerText.trim()).join(", ") }));
  }

  async setAside(card, note) {
    const unfinished = isChanged(card) ? fieldsOf(card) : null;
    const { card: draft, title } = card.dataset;
    const id = newId();
    const comment = this.#leave(card, "aside", id);
    this.history.push({ kind: "aside", decision: id, draft, card, title, said: "aside" });
    this.notices.say(`${gettext("Set aside.")} ${this.#nextWords()}`);
    await this.#add({ kind: "aside", draft, title, url: this.server.cardUrl(draft, "set-aside"), body: { id, note, unfinished } }, comment);
  }

  /** Undo a step, by default the last: its card comes back at once where the page still has it, else with the server's answer. */
  async undo(decision) {
    const step = this.history.take(decision);
    if (!step) return this.notices.say(gettext("There is nothing to undo. Older decisions are under My decisions."));
    this.#bringBack(step);
    if (step.card) this.sayTakenBack();
    else {
      this.notices.say(gettext("Taken back."));
      this.undoing.add(step.draft);
    }
    if (await this.outbox.withdraw(step.decision)) return undefined;
    const waits = step.card ? null : (await this.outbox.entries()).find(({ body }) => body.id === step.decision);
    // Its words may be here alone: they wait in the editor of the card that comes.
    if (waits?.body.fields) this.drafts.keep(step.draft, waits.body.fields);
    const { title } = step;
    if (step.kind === "aside") {
      await this.outbox.add({ kind: "hold", draft: step.draft, title, url: this.server.cardUrl(step.draft, "hold"), body: {} });
    } else {
      await this.outbox.add({
        kind: "decision", draft: step.draft, title, url: this.server.cardUrl(step.draft, "decisions"),
        headers: { "If-Match": `"${step.etag}"` }, body: { id: newId(), verdict: "retract", retracts: step.decision },
      });
    }
    return waits ? this.refill() : undefined;
  }

  /** Say that a verdict is taken back, once its card is in front. */
  sayTakenBack() {
    this.notices.say(`${gettext("Taken back.")} ${this.#nextWords()}`);
  }

  #bringBack({ card, draft }) {
    this.away.delete(draft);
    if (!card) return;
    this.arm(card, false);
    this.deck.add(card, { first: true });
    this.deck.show(card);
    // An edit that is taken back is not lost: it waits in the editor.
    if (isChanged(card)) this.drafts.keep(draft, fieldsOf(card));
    card.classList.toggle("has-unfinished", isChanged(card));
  }

  async #decide(card, said) {
    const { card: draft, etag, title } = card.dataset;
    const id = newId();
    const body = { id, seconds: this.deck.seconds(card), ratings: ratingsOf(card), ...said };
    const comment = this.#leave(card, said.verdict, id);
    this.history.push({ kind: "decision", decision: id, draft, etag, card, title, said: said.verdict });
    this.notices.say(`${WORDS[said.verdict]} ${this.#nextWords()}`);
    const isWhole = areWhole(card, said.fields);
    await this.#add({ kind: "decision", draft, title, url: this.server.cardUrl(draft, "decisions"), headers: { "If-Match": `"${etag}"` }, body, isWhole }, comment);
    this.drafts.forget(draft);
  }

  /** Keep a verdict, and after it the comment that leaves with its card. */
  #add(...entries) {
    return Promise.all(entries.filter(Boolean).map((entry) => this.outbox.add(entry)));
  }

  /** Take the card out and let the edge show for a moment what was said. Returns its unsent comment for the outbox, or null. */
  #leave(card, said, id) {
    this.away.set(card.dataset.card, id);
    this.tabs.judged(card.dataset.card);
    if (isEditing(card)) leaveEdit(card);
    this.arm(card, false);
    card.classList.remove("is-setting-aside");
    const comment = takeComment(card);
    this.deck.remove(card);
    this.stage.dataset.said = said;
    clearTimeout(this.tint);
    this.tint = setTimeout(() => delete this.stage.dataset.said, TINT_MS);
    return comment;
  }

  #nextWords() {
    const next = this.deck.current;
    return next ? interpolate(gettext("Now: %(title)s."), next.dataset) : gettext("No card is left in your deck.");
  }
}
