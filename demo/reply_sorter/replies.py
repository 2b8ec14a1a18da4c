"""Replies that the sorter is tuned on, each with its label: an endless, seeded stream.

Four sources: lines of `phrases/` under their label, whole replies of `by_hand.txt`, messages of the encoder's stream whose gist has a label, and what
experts accepted of *Reply sorting*, its training records alone. Around a line come greeting, praise or thanks, and a
signature, so that what stands beside a meaning tells nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from campaigns.replies.parsing import quotations
from demo.data.reply_sorting import REPLY_SORTING
from demo.data.reply_sorting.spec import MEANINGS
from demo.encoder import messages
from demo.encoder.messages import LANGUAGES
from demo.student import names

FOLDER: Final = Path(__file__).with_name("phrases")
BY_HAND: Final = Path(__file__).with_name("by_hand.txt")
# English as often as two others.
DRAWN: Final = ("en", *LANGUAGES)
GISTS: Final = {
    "interested": ("accept_meeting", "want_demo", "want_trial", "curious", "ready_to_order"),
    "question": ("ask_price", "ask_data", "ask_compat", "ask_reference", "ask_contract", "ask_feature"),
    "referral": ("name_colleague", "forwarded", "not_my_area", "job_changed", "sister_site"),
    "not_now": ("later_month", "budget_closed", "too_busy", "contract_running", "first_other"),
    "not_interested": ("polite_no", "own_solution", "no_need", "team_no", "too_expensive"),
    "unsubscribe": ("remove_me", "delete_data", "objection", "annoyed"),
    "out_of_office": ("away", "closed", "long_leave", "travelling"),
    "machine": ("receipt", "undeliverable", "left_company", "noreply", "quarantine"),
    "other": (
        "thanks",
        "wrong_person",
        "own_offer",
        "unpaid",
        "link_broken",
        "shipped",
        "complaint",
        "application",
        "invitation",
        "weather",
    ),
}
# Said before a no, a referral and a yes alike.
PRAISE: Final = {
    "en": "Looks like a good product.|It is a well made offer.|I read your mail with interest.|A colleague told me about you.",
    "de": "Ein gutes Produkt, scheint mir.|Ihre Mail habe ich gelesen.|Das ist sauber gemacht.|Ich habe mir die Seite angesehen.",
    "fr": "Votre produit a l'air sérieux.|J'ai lu votre mail avec attention.|C'est une belle proposition.|J'ai regardé votre site.",
    "it": "Sembra un buon prodotto.|Ho letto la sua mail.|È una bella proposta.|Ho guardato il sito.",
    "nl": "Het lijkt een goed product.|Ik heb uw mail gelezen.|Mooi voorstel.|Ik heb de site bekeken.",
    "es": "Parece un buen producto.|He leído su correo.|Es una buena propuesta.|He visto la página.",
}
PRAISED: Final = frozenset({"interested", "question", "referral", "not_now", "not_interested", "unsubscribe"})
BY_PROGRAM: Final = frozenset({"machine", "out_of_office"})


class LabelledReply(NamedTuple):
    """A reply's own words, and what they mean."""

    text: str
    meaning: str


def replies(seed: int) -> Iterator[LabelledReply]:
    """Replies without end, every label equally often; the same for the same seed."""
    rng = Random(seed)
    known, by_hand = _accepted(), _by_hand()
    while True:
        for meaning in MEANINGS:
            source = rng.random()
            if source < 0.08:
                yield LabelledReply(rng.choice(known[meaning]), meaning)
            elif source < 0.28:
                yield LabelledReply(messages.hasty(rng, _framed(rng, *rng.choice(by_hand[meaning]), meaning)), meaning)
            else:
                language = rng.choice(DRAWN)
                yield LabelledReply(_mail(rng, language, meaning, from_gists=source < 0.5), meaning)


@cache
def lines(language: str) -> dict[str, list[str]]:
    """Lines of a language's file by label."""
    found: dict[str, list[str]] = {}
    label = ""
    for line in (FOLDER / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("= "):
            label = line[2:]
        else:
            found.setdefault(label, []).append(line)
    return found


@cache
def _accepted() -> dict[str, list[str]]:
    """Own words of the demo's training records by label."""
    found: dict[str, list[str]] = {}
    for each in REPLY_SORTING.records():
        if REPLY_SORTING.split_of(each) == "train":
            found.setdefault(str(each.fields["meaning"]), []).append(quotations.own_text(str(each.facts["reply"])))
    return found


@cache
def _by_hand() -> dict[str, list[tuple[str, str]]]:
    """Whole replies written by hand, language and text, by label: none of them is made of choices."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in BY_HAND.read_text("utf-8").splitlines():
        label, language, text = line.split("|", 2)
        found.setdefault(label, []).append((language, quotations.own_text(text.replace("\\n", "\n"))))
    return found


def _mail(rng: Random, language: str, meaning: str, *, from_gists: bool) -> str:
    own = _line(rng, language, meaning, from_gists=from_gists)
    if rng.random() < 0.2:
        own = f"{own} {_line(rng, language, meaning, from_gists=False)}"
    return messages.hasty(rng, _framed(rng, language, own, meaning))


def _framed(rng: Random, language: str, own: str, meaning: str) -> str:
    """The writer's words among greeting, praise and signature, each of them now and then."""
    words = messages.phrases(language).words
    if meaning in PRAISED and rng.random() < 0.15:
        own = f"{rng.choice(PRAISE[language].split('|'))} {own}"
    parts = [own]
    if rng.random() < (0.2 if meaning in BY_PROGRAM else 0.35):
        parts.insert(0, rng.choice(words["hello"]).format(first=names.person(rng).split()[0]))
    if rng.random() < (0.1 if meaning in BY_PROGRAM else 0.35):
        person = names.person(rng)
        parts.append(f"{rng.choice(words['bye'])}\n{rng.choice((person, person.split()[0]))}")
    if meaning not in BY_PROGRAM and rng.random() < 0.12:
        parts[-1] = f"{rng.choice(words['soft'])} {parts[-1]}" if len(parts) == 1 else parts[-1]
    return rng.choice(("\n\n", "\n", " ")).join(parts)


def _line(rng: Random, language: str, meaning: str, *, from_gists: bool) -> str:
    if from_gists:
        return messages.line(rng, language, rng.choice(GISTS[meaning]))
    return messages.filled(rng, language, rng.choice(lines(language)[meaning]))
