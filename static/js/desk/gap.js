/**
 * What stands where a card would: that all is judged, that others have the rest, or that the next cards are not here yet.
 * It never says the one for the other. Knows the page's texts and when to ask again; knows no card.
 */

import { locale } from "../shell/words.js";

// No word of waiting for what is there in a moment.
const QUIET_MS = 300;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

export class Gap {
  #place;
  #ask;
  #say;
  #timer = 0;
  #pause = FIRST_PAUSE_MS;

  /** `ask()` fetches the deck again, `say(words)` tells a screen reader. */
  constructor(place, { ask, say }) {
    this.#place = place;
    this.#ask = ask;
    this.#say = say;
    window.addEventListener("online", () => this.#place.hidden || ask());
  }

  /** A card is shown. */
  close() {
    this.#show(null);
    this.#place.hidden = true;
    this.#pause = FIRST_PAUSE_MS;
  }

  /** The server was asked, or has yet to take what was judged here: whether more cards come is not known, and soon asked. */
  asking() {
    if (this.#shown === "away") return;
    if (this.#shown !== "asking") this.#show(null);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#show("asking");
      this.#askLater();
    }, QUIET_MS);
  }

  /** The server cannot be reached; it is asked again by itself. */
  away() {
    if (this.#shown !== "away") this.#say(this.#part("away").querySelector("h2").textContent);
    this.#show("away");
    this.#askLater();
  }

  /** The server has said that nothing is left for this member, and what others have. */
  done(elsewhere) {
    const others = this.#part("others");
    if (!elsewhere?.words || !others) return this.#show("done");
    others.querySelector("[data-others-words]").textContent = elsewhere.words;
    const until = others.querySelector("[data-others-until]");
    until.hidden = !elsewhere.until;
    const time = until.querySelector("time");
    time.dateTime = elsewhere.until ?? "";
    time.textContent = new Date(elsewhere.until).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    return this.#show("others");
  }

  #askLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ask, this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  get #shown() {
    return this.#place.hidden ? null : this.#place.querySelector("[data-gap]:not([hidden])")?.dataset.gap;
  }

  #part(name) {
    return this.#place.querySelector(`[data-gap="${name}"]`);
  }

  #show(name) {
    clearTimeout(this.#timer);
    this.#place.hidden = false;
    for (const part of this.#place.querySelectorAll("[data-gap]")) part.hidden = part.dataset.gap !== name;
  }
}
