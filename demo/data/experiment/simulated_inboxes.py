"""The simulated people behind the demo's campaign: who they are, and what each does with a mail. Pure and seeded.

What a person does depends on their address, the arm and the seed alone, so the experiment comes out the same on every
machine. Every address ends in `.example`, which no mail server has.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from typing import Any

from demo.data.prospects.generate import prospects

SEED = 2026
COMPANIES = 180
FIRST_NAMES = (
    "Alma",
    "Anton",
    "Beate",
    "Carla",
    "Dario",
    "Edda",
    "Emil",
    "Fenna",
    "Gero",
    "Hanna",
    "Ilias",
    "Ines",
    "Jonas",
    "Karla",
    "Lasse",
    "Lidia",
    "Malte",
    "Mirja",
    "Nils",
    "Olga",
    "Pavel",
    "Ronja",
    "Sanne",
    "Tomas",
    "Ute",
    "Vito",
)
LAST_NAMES = (
    "Aalto",
    "Berger",
    "Costa",
    "Dahl",
    "Ekman",
    "Falk",
    "Grau",
    "Holm",
    "Iversen",
    "Jansen",
    "Krol",
    "Lund",
    "Moreau",
    "Nowak",
    "Olsen",
    "Peters",
    "Quist",
    "Rossi",
    "Strand",
    "Tamm",
    "Ulrich",
    "Vogel",
    "Weber",
    "Ziegler",
)
TEACHER, VARIANT = "Teacher", "Variant"
# Chance to reply within two weeks, by segment: the teacher's mails, the variant's.
REPLIES: dict[str, tuple[float, float]] = {
    "Food": (0.24, 0.30),
    "Making": (0.20, 0.28),
    "Buildings and transport": (0.22, 0.30),
    "Care and services": (0.38, 0.20),
}
SECTORS = {
    "Food": ("event catering", "craft brewing", "greenhouse growing", "seafood processing", "bakery production"),
    "Making": (
        "printing and packaging",
        "machine building",
        "furniture making",
        "electronics assembly",
        "metal recycling",
        "wind farm maintenance",
    ),
    "Buildings and transport": (
        "property management",
        "building services",
        "facility cleaning",
        "equipment rental",
        "road freight",
        "cold chain logistics",
        "ferry and boat travel",
    ),
    "Care and services": (
        "dental laboratories",
        "textile care",
        "bicycle retail",
        "software services",
        "private clinics",
        "museum and exhibition services",
        "home care",
        "language schools",
    ),
}
BOUNCES, ABSENCES, LEAVES, CLICKS, SCANS = 0.02, 0.04, 0.02, 0.25, 0.06
LONGEST_DAYS = 12
NOTE = (
    "A share of 2 % bounces, 4 % answers automatically, 2 % unsubscribes; of the second mail's readers 25 % follow its link, and "
    "6 % stand behind a scanner that follows links by itself. Replies are more frequent than in life, so that few mails show "
    "something."
)
REPLY_TEXTS = {
    "interested": (
        "Sounds interesting. Could we talk on Thursday morning?",
        "Yes, please send me more about it.",
        "Happy to talk. Tuesday afternoon works for me.",
    ),
    "question": ("Do you support sites in two countries?", "What would that cost for a company of our size?"),
    "later": ("Not right now, please write again next quarter.", "We are too busy before the summer, maybe later."),
    "declined": ("Thank you, but we are not interested.", "No need, we already have a supplier for this."),
}
MEANINGS = ("interested",) * 4 + ("question",) * 2 + ("later",) * 2 + ("declined",) * 2


@dataclass(frozen=True)
class ReaderAction:
    """One thing a simulated person, or their mail server, does: what, how many hours after the mail, with which words."""

    kind: str
    after_hours: float
    words: str = ""


def people(companies: int = COMPANIES) -> list[dict[str, str]]:
    """Rows of a contacts file: one or two people at each of the first companies, with the facts the demo has of it."""
    rows = []
    for facts in prospects(companies):
        rng = _rng("people", facts["company"])
        names = {(rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)) for _ in range(rng.choice((1, 1, 2)))}
        for first, last in sorted(names):
            rows.append(
                {
                    "email": f"{first}.{last}@{_domain(facts)}".lower(),
                    "first_name": first,
                    "last_name": last,
                    "segment": segment_of(facts["sector"]),
                    "lawful_basis": "legitimate_interest",
                    "basis_source": "fictional: made for the demo",
                    "basis_date": "2026-01-05",
                    **facts,
                }
            )
    return rows


def segment_of(sector: str) -> str:
    """Which of the four segments a line of business belongs to."""
    return next(segment for segment, sectors in SECTORS.items() if sector in sectors)


def registered_effects() -> dict[str, Any]:
    """What the population was made to do, as it is registered beforehand and shown on the page."""
    return {
        "seed": SEED,
        "arms": [TEACHER, VARIANT],
        "shares": [
            {"segment": name, "replies": list(shares), "better": TEACHER if shares[0] > shares[1] else VARIANT}
            for name, shares in REPLIES.items()
        ],
        "note": NOTE,
    }


def actions_on_first_mail(address: str, *, arm: str, segment: str) -> list[ReaderAction]:
    """Return what a person does with the first mail."""
    rng = _rng("first", address)
    fate, answers, hours = rng.random(), rng.random(), rng.betavariate(1, 4) * LONGEST_DAYS * 24 + 0.2
    if fate < BOUNCES:
        return [ReaderAction("bounce", 0.1)]
    actions = []
    if fate < BOUNCES + ABSENCES:
        actions.append(ReaderAction("absence", 0.1))
    if fate > 1 - LEAVES:
        return [*actions, ReaderAction("leave", hours)]
    if answers < REPLIES[segment][arm == VARIANT]:
        actions.append(ReaderAction("reply", hours, rng.choice(REPLY_TEXTS[rng.choice(MEANINGS)])))
    return actions


def actions_on_second_mail(address: str) -> list[ReaderAction]:
    """Return what a person who had not replied does with the second mail."""
    rng = _rng("second", address)
    actions = [ReaderAction("scan", 0.01)] if rng.random() < SCANS else []
    if rng.random() < CLICKS:
        actions.append(ReaderAction("click", rng.uniform(0.5, 60)))
    return actions


def _domain(facts: dict[str, str]) -> str:
    letters = "".join(letter for letter in facts["company"].lower().replace("&", "and") if letter.isalnum())
    return facts.get("domain") or f"{letters}.example"


def _rng(*key: str) -> random.Random:
    return random.Random(hashlib.sha256("|".join((str(SEED), *key)).encode()).digest())
