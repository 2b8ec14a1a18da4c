"""Simulated readers of the demo's campaign and their actions. Pure and seeded.

A reader responds to the text of a mail and does not know its writer: `chance` restates the checks of the task. Actions
depend only on the address, that chance and the seed, so the experiment has the same result on every machine. Every
address ends in `.example`, which no mail server has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from demo import phrase_files
from demo.data.prospects.generate import letters_of
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text.checks import runner

SEED = 2026
_PEOPLE = phrase_files.read(Path(__file__).with_name("people.txt"))
FIRST_NAMES, LAST_NAMES = _PEOPLE[""].lists.values()
# Meanings of replies, per hundred.
MEANINGS = {name: int(count) for name, count in (line.split(": ") for line in _PEOPLE["meanings"].lines)}
SECTORS = {name: sectors.split(", ") for name, sectors in (line.split(": ") for line in _PEOPLE["sectors"].lines)}
LANGUAGES = {"Germany": "de", "Austria": "de", "France": "fr", "Belgium": "fr"}
TEACHER, MINIATURE, PIPELINE = "Large teacher", "One miniature", "Four miniatures"
# Chance of an answer within two weeks to a mail without marks, with enough facts of the company and a fair length.
BEST = 0.06
FACTS, WORDS = 3, range(60, 111)
# Shorter facts may be in a mail by chance.
SHORT_FACT = 3
# Shares of the chance that a mail loses: for each check that marks it, each missing fact, and another length.
LOST_BY_CHECK, LOST_BY_FACT, LOST_BY_LENGTH = 0.25, 0.1, 0.1
BOUNCES, ABSENCES, LEAVES, COMPLAINTS = 0.012, 0.03, 0.004, 0.0002
MEETINGS = 0.35
LONGEST_DAYS, MEETING_DAYS = 12, 5
NOTE = (
    "1.2 % bounce, 3 % are answered by a notice of absence, 0.4 % are unsubscribed by one click and 0.02 % complained "
    "about; of those who answer with interest 35 % meet. Each person is at a branch with a web domain of its own, "
    "drawn by itself; branches of one company share its facts, and so a draft. Real companies answer more "
    "alike than that."
)
_HOUR_PARTS = 0.25


class Trait(NamedTuple):
    """Numbers in [0, 1) that determine a person's actions."""

    fate: float
    answers: float
    means: float
    delay: float
    meets: float
    words: float


@dataclass(frozen=True)
class ReaderAction:
    """Action of a simulated person or their mail server: kind, hours after the mail, and meaning of a reply."""

    kind: str
    after_hours: float
    meaning: str = ""
    words: float = 0.0


def people(companies: Sequence[Mapping[str, str]], count: int) -> list[dict[str, str]]:
    """Return rows of a contacts file: one person at each branch of the companies, with the company's facts."""
    return [_person(companies[number % len(companies)], number, number // len(companies)) for number in range(count)]


def _person(facts: Mapping[str, str], number: int, branch: int) -> dict[str, str]:
    first, last = _numbers("person", str(number), 2)
    names = FIRST_NAMES[int(first * len(FIRST_NAMES))], LAST_NAMES[int(last * len(LAST_NAMES))]
    return {
        "email": f"{names[0]}.{names[1]}@{letters_of(facts['company'])}-{branch + 1}.example".lower(),
        "first_name": names[0],
        "last_name": names[1],
        "segment": segment_of(facts["sector"]),
        "language": LANGUAGES.get(facts.get("country", ""), "en"),
        "lawful_basis": "legitimate_interest",
        "basis_source": "fictional: made for the demo",
        "basis_date": "2026-01-05",
        **facts,
    }


def segment_of(sector: str) -> str:
    """Return the segment, of four, of a line of business."""
    return next(segment for segment, sectors in SECTORS.items() if sector in sectors)


def registered_effects() -> dict[str, Any]:
    """Return the behaviour of the population, for registration and the experiment's page."""
    return {
        "seed": SEED,
        "best": BEST,
        "losses": [
            {"reason": "Each check of the task that marks the mail", "share": LOST_BY_CHECK},
            {"reason": f"Each fact of the company fewer than {FACTS}", "share": LOST_BY_FACT},
            {"reason": f"Fewer than {WORDS.start} words, or more than {WORDS.stop - 1}", "share": LOST_BY_LENGTH},
        ],
        "meanings": {name: share / 100 for name, share in MEANINGS.items()},
        "note": NOTE,
    }


def chance(spec: TaskSpec, facts: Facts, fields: Fields) -> float:
    """Return the chance of an answer to a mail, a function of its text alone.

    Args:
        spec: Task of the mails, with its checks.
        facts: All facts of the company, not only those given to the writer.
        fields: `subject` and `body` as sent, with unfilled slots.
    """
    text = f"{fields['subject']} {fields['body']}".lower()
    named = sum(len(value) > SHORT_FACT and value.lower() in text for value in map(str, facts.values()))
    failed = {mark.check for mark in runner.run(spec, facts, fields)}
    kept = (1 - LOST_BY_CHECK) ** len(failed) * (1 - LOST_BY_FACT) ** max(0, FACTS - named)
    is_fair_length = len(str(fields["body"]).split()) in WORDS
    return BEST * kept * (1 if is_fair_length else 1 - LOST_BY_LENGTH)


def trait_of(address: str) -> Trait:
    """Return the traits of a person, the same for all mails."""
    return Trait(*_numbers("trait", address, len(Trait._fields)))


def day_of(address: str) -> float:
    """Return a person's place in the order of sending, in [0, 1), drawn apart from their traits."""
    return _numbers("day", address, 1)[0]


def actions(address: str, *, chance: float) -> list[ReaderAction]:
    """Return a person's actions on a mail with this `chance`, in the order of time."""
    trait = trait_of(address)
    if trait.fate < BOUNCES:
        return [ReaderAction("bounce", 0.1)]
    done = [ReaderAction("absence", 0.1, "out_of_office", trait.words)] if trait.fate < BOUNCES + ABSENCES else []
    # Most answer on the first days.
    hours = _HOUR_PARTS + trait.delay**3 * LONGEST_DAYS * 24
    if trait.fate > 1 - COMPLAINTS:
        return [*done, ReaderAction("complaint", hours)]
    if trait.fate > 1 - COMPLAINTS - LEAVES:
        return [*done, ReaderAction("leave", hours)]
    if trait.answers >= chance:
        return done
    meaning = _drawn_meaning(trait.means)
    done.append(ReaderAction("reply", hours, meaning, trait.words))
    if meaning == "interested" and trait.meets < MEETINGS:
        done.append(ReaderAction("meeting", hours + MEETING_DAYS * 24))
    return done


def _drawn_meaning(at: float) -> str:
    left = at * sum(MEANINGS.values())
    for meaning, share in MEANINGS.items():
        left -= share
        if left < 0:
            return meaning
    raise ValueError(f"{at} is no number in [0, 1)")


def _numbers(purpose: str, key: str, count: int) -> list[float]:
    digest = hashlib.sha256(f"{SEED}|{purpose}|{key}".encode()).digest()
    return [int.from_bytes(digest[4 * at : 4 * at + 4], "big") / 2**32 for at in range(count)]
