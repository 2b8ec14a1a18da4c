/** Having a draft written again: the panel, and the revision's arrival while the desk goes on. Knows no verdict.

    The form in the panel is the page that works without scripts; a job's events tell when there is something to fetch. */

import { panelPage } from "./server.js";
import { watch } from "../live.js";
import { onKey } from "../shell/keys.js";
import { gettext, interpolate, language, ngettext } from "../shell/words.js";

const ENDS = ["succeeded", "failed", "cancelled"];

export class Asking {
  #dialog = document.querySelector("[data-asking]");
  #chip;
  #card = null;
  #waiting = new Map(); // request id -> what is known of it
  #arrived = [];

  constructor(parts) {
    // desk, deck, verdicts, history, notices, token, take, refill, showPace
    Object.assign(this, parts);
    this.#chip = this.desk.querySelector("[data-asked]");
    this.#chip.addEventListener("click", () => this.#showArrived());
    this.#dialog.addEventListener("click", (event) => this.#onClick(event));
    this.#dialog.addEventListener("submit", (event) => this.#onSubmit(event));
    this.#dialog.addEventListener("close", () => this.deck.current?.focus({ preventScroll: true }));
    onKey(this.#dialog, (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#dialog.querySelector("form")?.requestSubmit();
    });
  }

  /** Take up what an earlier page asked for and has not seen. */
  async resume() {
    const reply = await this.#get(this.desk.dataset.revisionsUrl);
    for (const told of reply?.results ?? []) this.#listen(told);
  }

  /** Open the panel for a card. */
  async open(card) {
    if (this.#dialog.open) return;
    const parsed = await panelPage(card.querySelector('[data-act="ask"]').href, this.notices, gettext("The panel cannot be loaded: no network, or the draft is gone."));
    // Another card or another panel has come meanwhile.
    if (!parsed || card !== this.deck.current || document.querySelector("dialog[open]")) return;
    this.#dialog.replaceChildren(document.adoptNode(parsed.querySelector("form")));
    for (const part of this.#dialog.querySelectorAll("[data-close], [data-presets]")) part.hidden = false;
    this.#card = card;
    this.#dialog.showModal();
    (this.#dialog.querySelector("textarea") ?? this.#dialog.querySelector("[data-close]")).focus();
  }

  /** Put the draft that was revised back on the desk. */
  async restore(button) {
    const response = await this.#post(button.dataset.url, "{}", { "Content-Type": "application/json" });
    const problem = response?.ok ? null : await response?.json().catch(() => null);
    button.hidden = Boolean(response?.ok);
    const refused = problem?.title ?? gettext("The first draft could not be restored.");
    this.notices.hint(response?.ok ? gettext("The first draft is back on your desk.") : refused);
    this.refill();
  }

  #onClick({ target }) {
    if (target.closest("[data-close]")) return this.#dialog.close();
    const preset = target.closest("[data-preset]");
    if (!preset) return undefined;
    const box = this.#dialog.querySelector("textarea");
    box.value = [box.value.trim(), preset.dataset.preset].filter(Boolean).join(" ").slice(0, box.maxLength);
    return box.focus();
  }

  async #onSubmit(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector('[type="submit"]');
    if (button.disabled) return;
    button.disabled = true;
    const { id, instruction, teacher } = Object.fromEntries(new FormData(form));
    const url = `${this.desk.dataset.draftsUrl}${this.#card.dataset.card}/revisions/?render=html${this.desk.dataset.only ? `&only=${encodeURIComponent(this.desk.dataset.only)}` : ""}`;
    const response = await this.#post(url, JSON.stringify({ id, instruction, teacher }), { "Content-Type": "application/json" });
    const reply = await response?.json().catch(() => null);
    button.disabled = false;
    if (!response?.ok || !reply) return void this.#refuse(reply);
    this.#dialog.close();
    this.#away(this.#card, reply);
  }

  #refuse(problem) {
    const box = Object.assign(document.createElement("div"), { className: "alert is-failed" });
    const words = problem ? [problem.title, ...Object.values(problem.errors ?? {}).flat(), problem.hint] : [gettext("No answer came; no revision was requested.")];
    box.append(Object.assign(document.createElement("p"), { textContent: [...new Set(words)].filter(Boolean).join(" ") }));
    this.#dialog.querySelector("[data-ask-refusal]").replaceChildren(box);
  }

  /** The card waits for its revision: out of the deck, and Z brings it back like one set aside. */
  #away(card, told) {
    const { card: draft, title } = card.dataset;
    const decision = told.id;
    this.verdicts.away.set(draft, decision);
    this.history.push({ kind: "aside", decision, draft, card, title, said: "aside" });
    this.deck.remove(card);
    this.take(told.next);
    this.showPace(told.pace);
    this.notices.say(interpolate(gettext("Revision of %(title)s requested. It will come to your desk."), { title }));
    this.#listen(told);
  }

  #listen(told) {
    if (!told.job || this.#waiting.has(told.id)) return;
    this.#waiting.set(told.id, told);
    this.#draw();
    watch(told.job, told.seq, ({ kind, payload }) => {
      if (kind === "draft" || (kind === "state" && ENDS.includes(payload.state))) this.#look(told, payload.state);
    });
    this.#look(told);
  }

  /** See what came of a request. */
  async #look(told, state = "") {
    if (!this.#waiting.has(told.id)) return;
    const now = await this.#get(`/api/v1/revisions/${told.id}/`);
    if (!now || !this.#waiting.has(told.id)) return;
    if (now.result) await this.#fetch(told, now.result);
    else if (now.state === "failed" || state === "failed" || state === "cancelled") this.#failed(told);
  }

  async #fetch(told, id) {
    this.#waiting.delete(told.id);
    const response = await this.#post(`${this.desk.dataset.draftsUrl}${id}/hold/?render=html`, "{}", { "Content-Type": "application/json" });
    const reply = response?.ok ? await response.json().catch(() => null) : null;
    this.verdicts.away.delete(told.draft);
    if (!reply) return void this.refill();
    const reading = this.deck.current;
    this.take(reply.cards);
    const card = this.deck.find(id);
    // Never under the eyes of somebody who reads: it is the next card.
    if (card && reading && card !== reading) reading.after(card);
    this.#arrived.push(id);
    this.#draw();
    return void this.notices.say(interpolate(gettext("The revision for %(title)s is here: the next card."), told));
  }

  #failed(told) {
    this.#waiting.delete(told.id);
    this.verdicts.away.delete(told.draft);
    this.#draw();
    this.notices.hint(interpolate(gettext("No revision came for %(title)s; the draft is back on your desk."), told));
    this.refill();
  }

  #showArrived() {
    const card = this.#arrived.map((id) => this.deck.find(id)).find(Boolean);
    this.#arrived = [];
    this.#draw();
    if (card) this.deck.show(card);
  }

  #draw() {
    const here = this.#arrived.filter((id) => this.deck.find(id)).length;
    const away = this.#waiting.size;
    this.#chip.hidden = !here && !away;
    this.#chip.disabled = !here;
    this.#chip.textContent = here ? gettext("Revision here: show it") : interpolate(ngettext("%(count)s revision on the way", "%(count)s revisions on the way", away), { count: away });
  }

  #get(url) {
    return fetch(url, { credentials: "same-origin" }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
  }

  #post(url, body, headers = {}) {
    return fetch(url, { method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": this.token, "X-Page-Language": language, ...headers }, body }).catch(() => null);
  }
}
