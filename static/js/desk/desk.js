/** The focus page: wires deck, outbox, history, keys and notices together. The server's form works without it. */

import { Asking } from "./asking.js";
import { openBeside } from "./beside.js";
import { Checking, showRemark } from "./checking.js";
import { Drafts } from "./drafts.js";
import { fieldsOf, fillFields, focusBox, isChanged, isEditable, isEditing, isRewritten, onListClick, redraw, startEdit } from "./editing.js";
import { bindFolds } from "./folds.js";
import { Gap } from "./gap.js";
import { putGuidelines } from "./guidelines.js";
import { Deck, cardFrom } from "./deck.js";
import { History } from "./history.js";
import { bindDeskKeys, showKeys } from "./keys.js";
import { bindKeySheet } from "./keysheet.js";
import { bindLeaving } from "./leaving.js";
import { bindLinks } from "./links.js";
import { bindLongTexts } from "./longtext.js";
import { Mending } from "./mending.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { paceWords } from "./pace.js";
import { bindParts } from "./parts.js";
import { turn } from "./ratings.js";
import { Server, openPage } from "./server.js";
import { isFragile } from "./store.js";
import { Tabs } from "./tabs.js";
import { bindEcho } from "./typed.js";
import { unsentComment } from "./unsent.js";
import { bindValues, hasValues, pick, prepareValues, stepValue, unshifted } from "./values.js";
import { VerdictNotes } from "./verdictnotes.js";
import { Verdicts, isTakingBack } from "./verdicts.js";
import { gettext } from "../shell/words.js";

const desk = document.querySelector("[data-desk]");
const stage = desk.querySelector("[data-stage]");
const data = JSON.parse(document.getElementById("desk-data").textContent);
const { member } = desk.dataset;
// What else of this member's is open or waits in this browser may be of another task, or of a part of this one.
const here = `${desk.dataset.deckUrl} ${desk.dataset.only ?? ""}`;
let { today } = data.pace;
// A second click of a double click meets the next card's button, and a slip must not become gold.
const TOO_SOON_MS = 250;
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

const server = new Server(desk, token);
const notices = new Notices(desk);
const outbox = new Outbox(member, token, here);
const history = new History(data.history.map((step) => ({ kind: "decision", said: step.verdict, ...step })), desk.querySelector("[data-strip]"));
const deck = new Deck(stage, onShow);
const gap = new Gap(desk.querySelector("[data-empty]"), { ask: refill, say: (words) => notices.say(words) });
const drafts = new Drafts(member, server);
const tabs = new Tabs(member, here, { onJudged: onJudgedElsewhere, onLeft: refill });
const verdicts = new Verdicts({ drafts, deck, outbox, history, server, notices, stage, tabs, refill });
const checking = new Checking(server, (card) => showKeys(card, keys));
const asking = new Asking({ desk, deck, verdicts, history, notices, token, take, refill, showPace });
const notes = new VerdictNotes(stage, { checking, verdicts, notices });
const mending = new Mending({ checking, notices, onChange: keepEdit });
await drafts.load();
const openKeys = bindKeySheet(document.querySelector("[data-keysheet]"), async (chosen, on) => {
  Object.assign(keys, await server.saveKeys(chosen, on));
  document.body.dataset.shortcuts = keys.on ? "on" : "off";
  showKeys(document, keys);
  for (const card of deck.cards) prepareValues(card, keys.keys);
});
const keys = bindDeskKeys({
  keys: data.keys,
  on: document.body.dataset.shortcuts !== "off",
  press,
  isOpen: () => Boolean(document.querySelector("dialog[open]")),
});

function onShow(card) {
  desk.querySelector(".desk-foot [data-footer]").textContent = card?.dataset.writtenBy ?? "";
  if (card) return gap.close();
  gap.asking();
  return refill();
}

/** With no card on the deck: that none is left is only true once the server has taken all that was judged here. */
async function nameGap(elsewhere) {
  if (deck.current) return;
  const isOnItsWay = (await outbox.entries()).some((entry) => outbox.isOurs(entry)) || verdicts.undoing.size > 0;
  if (deck.current) return;
  if (isOnItsWay) gap.asking();
  else gap.done(elsewhere);
}

/** Make a card ready: keys on its buttons, edits left in this browser, the editor open where one waits. */
function prepare(card) {
  putGuidelines(card);
  showKeys(card, keys);
  card.querySelector('[data-act="edit"]').hidden = hasValues(card) && !isEditable(card);
  prepareValues(card, keys.keys);
  bindFolds(card);
  const there = JSON.parse(card.querySelector(".editor").dataset.unfinished ?? "null");
  const kept = drafts.of(card.dataset.card, there);
  if (kept) fillFields(card, kept);
  else drafts.adopt(card.dataset.card, there, fieldsOf(card));
  const waits = kept || there;
  card.classList.toggle("has-unfinished", Boolean(waits));
  if (waits) redraw(card);
}

function take(cards) {
  for (const drawn of cards) {
    // Judged here a moment ago, while the server's answer was on its way.
    if (verdicts.away.has(drawn.id)) continue;
    const first = verdicts.undoing.delete(drawn.id);
    let known = deck.find(drawn.id);
    // Its text or the task's wording is another by now, and nobody reads it yet.
    if (known && known !== deck.current && known.dataset.etag !== drawn.etag && !unsentComment(known)) known = deck.remove(known);
    const card = deck.add(known ?? cardFrom(drawn.html), { first });
    card.dataset.leasedUntil = drawn.leased_until;
    if (!known) prepare(card);
    if (first) deck.show(card), verdicts.sayTakenBack();
  }
}

/** A card judged in another tab leaves this one, unless words would go with it: then the server says so on saving. */
function onJudgedElsewhere(id) {
  const card = deck.find(id);
  if (!card || (isEditing(card) && isChanged(card)) || unsentComment(card)) return;
  if (card === deck.current) notices.hint(gettext("Judged in another tab."));
  deck.remove(card);
}

function keepEdit(card) {
  drafts.keep(card.dataset.card, isChanged(card) ? fieldsOf(card) : null);
}

/** Show the pace; the reply to a verdict leaves out how many were judged today, and `judged` adds it. */
function showPace(pace, judged = 0) {
  if (!pace) return;
  today = pace.today ?? today + judged;
  document.querySelector("[data-pace]").textContent = paceWords({ ...pace, today });
}

/** Take out cards that are this member's no more, such as after a sleep; the one in front, and words, stay. */
async function letGo(held) {
  const ids = new Set([...held.map(({ id }) => id), ...(await outbox.entries()).map(({ draft }) => draft)]);
  for (const card of deck.cards) if (card !== deck.current && !ids.has(card.dataset.card) && !isChanged(card) && !unsentComment(card)) deck.remove(card);
}

/** Ask for the deck again: renews leases, brings what is missing. */
async function refill() {
  const asked = verdicts.turn;
  const reply = await server.deck();
  if (!reply) return deck.current ? undefined : gap.away();
  take(reply.cards.filter(({ id }) => !verdicts.isStale(id, asked)));
  await letGo(reply.cards);
  showPace(reply.pace);
  return nameGap(reply.elsewhere);
}

outbox.addEventListener("sent", ({ detail: { entry, reply } }) => {
  if (entry.kind === "comment") return verdicts.commented(entry);
  notices.saved();
  if (reply.decision?.is_late && !reply.decision.retracts) notices.late(entry);
  const judged = verdicts.settle(entry);
  if (!outbox.isOurs(entry)) return undefined;
  showPace(reply.pace, judged);
  take(reply.next ?? reply.cards);
  if (isTakingBack(entry)) verdicts.undoing.delete(entry.draft);
  // What others have, and with it whether all is judged, the deck alone tells.
  if (!deck.current) refill();
  return import("./samesentence.js").then(({ offer }) => offer(desk, entry), () => {});
});
outbox.addEventListener("refused", ({ detail: { entry, problem } }) => {
  if (entry.kind === "comment") return verdicts.commented(entry, problem);
  history.drop(entry.body.id);
  verdicts.settle(entry);
  verdicts.undoing.delete(entry.draft);
  // Judged in another tab, or by another request of ours: the card is gone, and nothing of value with it.
  if (problem.code === "already_judged" && !entry.body.fields) notices.say(gettext("This card was judged already."));
  else notices.refused(problem, entry);
  const card = deck.find(entry.draft);
  if (card) deck.remove(card);
  // Where the card is still theirs it comes back, and its words with it.
  if (entry.isWhole) drafts.keep(entry.draft, entry.body.fields);
  return refill();
});
outbox.addEventListener("waiting", ({ detail }) => notices.waiting(detail.count, detail.why, isFragile()));
outbox.addEventListener("clear", () => notices.clear());

const acts = {
  accept: (card) => verdicts.accept(card),
  edit: (card) => verdicts.edit(card),
  save: (card) => notes.save(card),
  mend: (card, button) => mending.mend(card, button),
  "leave-edit": (card) => verdicts.leaveEdit(card),
  reject: (card) => (card.querySelector("[data-digit]") ? verdicts.arm(card, !card.classList.contains("is-rejecting")) : verdicts.reject(card)),
  reason: (card, button) => verdicts.reject(card, button.value),
  aside: (card) => notes.setAside(card),
  ask: (card) => asking.open(card),
  restore: (card, button) => asking.restore(button),
  history: (card, link) => beside(link),
  similar: (card, link) => beside(link),
  undo: (card) => (isEditing(card) ? mending.undo(card) : verdicts.undo()),
};

stage.addEventListener("click", (event) => {
  const listed = onListClick(event);
  if (listed) return mending.settle(listed);
  const card = event.target.closest(".card");
  const rating = event.target.closest(".rating");
  if (rating) return turn(rating);
  const button = event.target.closest("[data-act]");
  if (!button || !card) return undefined;
  event.preventDefault();
  // Keys say which card they mean; a pointer means what it saw.
  if (event.pointerType && (event.detail > 1 || deck.shownFor < TOO_SOON_MS)) return undefined;
  return acts[button.dataset.act]?.(card, button);
});
stage.addEventListener("submit", (event) => event.preventDefault());
stage.addEventListener("input", (event) => {
  const card = event.target.closest(".card");
  if (card && event.target.matches("[data-path]")) mending.settle(card);
});
stage.addEventListener("click", (event) => {
  const remark = event.target.closest("[data-checks] li[data-path]");
  if (remark && !event.target.closest("button")) showRemark(remark.closest(".card"), remark);
});
desk.addEventListener("click", (event) => {
  if (event.target.closest('[data-act="keys"]')) openKeys();
  const step = event.target.closest("[data-strip] button");
  // A second click of a double click meets the step before.
  if (!step || event.detail > 1) return;
  // Words of an open edit stay with its card.
  if (deck.current && isEditing(deck.current)) verdicts.leaveEdit(deck.current);
  verdicts.undo(step.value);
});

/** A key presses what a hand would press. Answers whether the key meant anything here. */
function press(command, event) {
  const card = deck.current;
  if (command === "keys") return openKeys(), true;
  // While an edit is open a stray letter beside the text box must not throw it away.
  if (isEditing(card) && !["save", "escape", "mend", "undo", "edit"].includes(command)) return false;
  if (isEditing(card) && command === "edit") return focusBox(card), true;
  if (command === "undo") return acts.undo(card), true;
  if (command === "mine") return openPage(desk.dataset.decisionsUrl, notices), true;
  if (command === "choose") return openPage(desk.dataset.chooseUrl, notices), true;
  if (!card) return false;
  if (command === "escape") return escape(card);
  if (command === "save") return isEditing(card) && (notes.save(card), true);
  if (command === "mend") return mending.mend(card), true;
  if (hasValues(card)) {
    if (command === "confirm") return acts.accept(card), true;
    if (command === "up" || command === "down") return stepValue(card, command === "down" ? 1 : -1);
    const [, cap] = command.split(" ");
    if (cap && !card.classList.contains("is-rejecting")) return pick(card, cap);
  }
  if (command === "next" || command === "previous") return deck.step(command === "next" ? 1 : -1), true;
  if (command.startsWith("letter ") || ["confirm", "up", "down"].includes(command)) return false;
  const digit = unshifted(command.split(" ")[1]);
  if (digit) {
    const reason = card.classList.contains("is-rejecting") && card.querySelector(`[data-digit="${digit}"]`);
    return Boolean(reason) && (reason.click(), true);
  }
  card.querySelector(`[data-act="${command}"]`)?.click();
  return true;
}

/** Open the panel that a link of the card leads to. */
function beside(link) {
  openBeside(link, { key: keys.keys[link.dataset.act], notices, onClose: () => deck.current?.focus({ preventScroll: true }) });
}

function escape(card) {
  if (notes.leave(card)) return true;
  if (card.classList.contains("is-rejecting")) verdicts.arm(card, false);
  else if (isEditing(card)) verdicts.leaveEdit(card);
  else if (!document.activeElement?.matches(".value-box")) return false;
  card.focus({ preventScroll: true });
  return true;
}

bindValues(stage, { onChange: keepEdit, accept: acts.accept });
bindParts(stage, keys);
bindEcho(stage);

bindLeaving({ deck, drafts, server, tabs, refill });
setInterval(() => document.hidden || refill(), Math.max(20, Number(desk.dataset.leaseS) / 3) * 1000);

desk.classList.add("is-live");
desk.querySelector('.desk-foot [data-act="keys"]').hidden = false;
showKeys(document, keys);
for (const card of deck.cards) prepare(card);
const first = deck.current;
if (first) {
  first.focus({ preventScroll: true });
  const wantsEdit = new URLSearchParams(location.search).has("edit") && isEditable(first);
  if (wantsEdit || (first.querySelector(".editor[data-unfinished]") && isRewritten(first))) startEdit(first);
}
bindLinks(stage);
bindLongTexts(stage, notices);
if (matchMedia("(pointer: coarse)").matches) import("./swipe.js").then(({ bindSwipe }) => bindSwipe(stage, { said: () => desk.querySelector("[data-status]").textContent, undo: acts.undo }));
await verdicts.resume();
outbox.flush();
asking.resume();
