/** What the page says of itself: saved, waiting, refused, and the words a screen reader hears. */

import { gettext, interpolate, locale, ngettext } from "../shell/words.js";

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export class Notices {
  #desk;
  #timer = 0;
  // On verdicts that wait; empty where none does.
  #waits = [];

  constructor(desk) {
    this.#desk = desk;
    // A hint that was heeded is gone.
    desk.addEventListener("input", () => this.#part("saved").classList.contains("is-saved") || this.#foot("", false));
  }

  #part(name) {
    return this.#desk.querySelector(`[data-${name}]`);
  }

  /** Say something to a screen reader. */
  say(words) {
    this.#part("status").textContent = words;
  }

  saved() {
    this.#foot(interpolate(gettext("saved %(clock)s"), { clock: clock.format(new Date()) }), true);
  }

  /** A word in passing, for eyes and ears; the next card, act or change takes its place. */
  hint(words) {
    this.#foot(words, false);
    this.say(words);
  }

  #foot(words, isSaved) {
    const place = this.#part("saved");
    place.textContent = words;
    place.classList.toggle("is-saved", isSaved);
  }

  /** Name the verdicts that wait; a short hiccup is not worth a word. */
  waiting(count, why, isFragile = false) {
    clearTimeout(this.#timer);
    const show = () => {
      const out = why === "signed out";
      this.#waits = [interpolate(out ? awayWords(count) : offlineWords(count), { count })];
      if (isFragile) this.#waits.push(gettext("This browser keeps nothing on its disk: leave the page open until then."));
      if (out) this.signedOut();
      else this.#banner(this.#waits, false);
    };
    if (why === "signed out" || !navigator.onLine) show();
    else this.#timer = setTimeout(show, 1200);
  }

  /** Say that the session is over, where to sign in, and what waits for that. */
  signedOut() {
    this.#banner([gettext("You are signed out or may not review here."), ...this.#waits], true);
  }

  #banner(words, isOut) {
    this.#part("banner-words").textContent = words.join(" ");
    this.#part("banner-link").hidden = !isOut;
    this.#part("banner-link").href = this.#desk.dataset.loginUrl;
    this.#part("banner").hidden = false;
  }

  clear() {
    clearTimeout(this.#timer);
    this.#waits = [];
    this.#part("banner").hidden = true;
  }

  /** A verdict the server would not take, with the text it carried, so that no word is lost. */
  refused(problem, entry) {
    const box = this.#box("is-failed", `${interpolate(gettext("Not saved: %(title)s."), entry)} ${problem.title}`, problem.hint ?? "");
    const { fields, unfinished, note, text } = entry.body;
    const texts = [...Object.values(fields ?? unfinished ?? {}), ...[note, text].filter(Boolean)];
    if (texts.length) box.append(yourText(texts));
  }

  /** A verdict that was taken, and does not count: another had the card by then. */
  late({ title }) {
    this.#box("is-look", `${title}:`, `${gettext("Made after your hold on the card had expired: it does not count until a lead adopts it")}.`);
  }

  /** Words that stay until they are dismissed. */
  #box(look, head, words) {
    const box = Object.assign(document.createElement("div"), { className: `alert ${look}` });
    box.setAttribute("role", "alert");
    const line = document.createElement("p");
    const title = Object.assign(document.createElement("strong"), { textContent: head });
    line.append(title, ` ${words} `);
    const close = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-small btn-quiet", textContent: gettext("Dismiss") });
    close.addEventListener("click", () => box.remove());
    line.append(close);
    box.append(line);
    this.#part("refusals").append(box);
    this.say(line.firstChild.textContent);
    return box;
  }
}

const awayWords = (count) => ngettext(
  "%(count)s decision waits in this browser and will be sent when you are back.",
  "%(count)s decisions wait in this browser and will be sent when you are back.",
  count,
);

const offlineWords = (count) => ngettext(
  "%(count)s decision waits for the network. Go on; it will be sent by itself.",
  "%(count)s decisions wait for the network. Go on; they will be sent by themselves.",
  count,
);

function yourText(values) {
  const details = Object.assign(document.createElement("details"), { className: "more" });
  details.append(Object.assign(document.createElement("summary"), { textContent: gettext("Your text") }));
  const text = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value, null, 1)));
  details.append(Object.assign(document.createElement("pre"), { className: "code", dir: "auto", textContent: text.join("\n\n") }));
  return details;
}
