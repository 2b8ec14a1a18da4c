"""Fictional support tickets, drawn from `phrases/`: a file for each queue, and one of words and frames for all.

A line holds choices (`[a|b]`) and slots (`{day}`). Around what the writer wants stand greetings, small talk, and sentences
that belong to another queue, so that a single word decides nothing.

`phrases/letters/` holds whole tickets, a subject and a body a line: the words and ways of many customers. They are drawn
after the others, so that those stay the same.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from demo.data.demo_task import AnsweredRecord
from demo.data.ticket_routing.spec import QUEUES
from demo.encoder.messages import hasty
from demo.student import names

SEED, EACH = 2027, 600
# Tickets drawn from whole ones, a queue; numbers of theirs come after those held out.
LETTERS_EACH, LETTERS_FROM = 390, 10_000
CUSTOMERS = 900
CHOICES = 12
CONSTRUCTIONS = ("wants", "story")
NO_SUBJECT = 0.03
PLANS = ("Free", "Team", "Works", "Business")
CHANNELS = ("mail", "web form", "chat")
FOLDER = Path(__file__).with_name("phrases")
BY_HAND = Path(__file__).with_name("by_hand.jsonl")
FRAMES = "frames"
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_WORDS = re.compile(r"@(\w+) (.*)")


class Phrases(NamedTuple):
    """Contents of a file: words for slots, and lines under their heading."""

    words: dict[str, list[str]]
    lines: dict[str, list[str]]


@cache
def phrases(name: str) -> Phrases:
    words: dict[str, list[str]] = {}
    lines: dict[str, list[str]] = {}
    heading = ""
    for line in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("= "):
            heading = line[2:]
        elif match := _WORDS.fullmatch(line):
            words[match[1]] = match[2].split("|")
        else:
            # Lines of constructions hold bars within their choices alone; other lines are lists.
            lines.setdefault(heading, []).extend([line] if heading in CONSTRUCTIONS else line.split("|"))
    return Phrases(words, lines)


@cache
def records(seed: int = SEED) -> tuple[AnsweredRecord, ...]:
    """Draw the tickets: each queue equally often, no two with the same words, in no order.

    Args:
        seed: The same seed gives the same tickets on every machine.
    """
    rng = random.Random(seed)
    firms = [names.company(rng) for _ in range(CUSTOMERS)]
    seen: set[str] = set()
    drawn: list[tuple[str, str, str]] = []
    for queue in QUEUES:
        wants = _in_turn(rng, phrases(queue).lines["wants"], EACH)
        while len(drawn) % EACH or not drawn or drawn[-1][0] != queue:
            subject, body = ticket(rng, queue, wants[len(drawn) % EACH])
            if body not in seen:
                seen.add(body)
                drawn.append((queue, subject, body))
    rng.shuffle(drawn)
    made = [_record(rng, number, rng.choice(firms), *each) for number, each in enumerate(drawn)]
    from_letters: list[tuple[str, str, str]] = []
    for queue in QUEUES:
        for line in _in_turn(rng, letters(queue), LETTERS_EACH):
            subject, body = next(each for each in iter(partial(letter, rng, queue, line), None) if each[1] not in seen)
            seen.add(body)
            from_letters.append((queue, subject, body))
    rng.shuffle(from_letters)
    return (
        *made,
        *(_record(rng, LETTERS_FROM + at, rng.choice(firms), *each) for at, each in enumerate(from_letters)),
    )


@cache
def held_out() -> tuple[AnsweredRecord, ...]:
    """Tickets that another hand wrote by the guideline alone, each with a customer of its own."""
    rng, theirs = random.Random(SEED + 1), customers()
    written = [json.loads(line) for line in BY_HAND.read_text("utf-8").splitlines()]
    apart = iter(name for name in iter(partial(names.company, rng), "") if name not in theirs)
    return tuple(
        _record(
            rng, EACH * len(QUEUES) + number, next(apart), each["queue"], each["subject"], _as_imported(each["body"])
        )
        for number, each in enumerate(written)
    )


@cache
def customers() -> frozenset[str]:
    """The customers of the tickets that are generated."""
    return frozenset(record.facts["customer"] for record in records())


def ticket(rng: random.Random, queue: str, want: str) -> tuple[str, str]:
    """Subject and body of a ticket with one thing wanted."""
    own, frames = phrases(queue).lines, phrases(FRAMES).lines
    body = [_filled(rng, want)]
    if rng.random() < 0.4:
        body.append(_filled(rng, rng.choice(own["adds"])))
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 2, 3))):
        aside = rng.choice(frames["about" if rng.random() < 0.5 else "story"])
        body.insert(rng.choice((0, 0, len(body))), _filled(rng, aside))
    if rng.random() < 0.25:
        body.insert(0, _filled(rng, rng.choice(frames["open"])))
    text = _framed(rng, " ".join(body))
    if rng.random() < NO_SUBJECT:
        return "", hasty(rng, text)
    subjects = own["subjects"] if rng.random() < 0.6 else frames["subjects"]
    return hasty(rng, _filled(rng, rng.choice(subjects))), hasty(rng, text)


def letter(rng: random.Random, queue: str, line: str) -> tuple[str, str]:
    """Subject and body of a ticket that was written as a whole; three in ten hold an aside."""
    subject, _, body = line.partition(" :: ")
    frames = phrases(FRAMES).lines
    text = _filled(rng, body)
    if rng.random() < 0.3:
        aside = _filled(rng, rng.choice(frames["about" if rng.random() < 0.5 else "story"]))
        text = rng.choice((f"{aside} {text}", f"{text} {aside}"))
    if rng.random() < 0.4:
        subject = rng.choice((*frames["subjects"], *phrases(queue).lines["subjects"]))
    return hasty(rng, _filled(rng, subject)), hasty(rng, _framed(rng, text))


@cache
def letters(queue: str) -> list[str]:
    """Whole tickets of a queue, as they are written in its file."""
    return (FOLDER / "letters" / f"{queue}.txt").read_text("utf-8").splitlines()


def repeated(lines: list[str]) -> list[str]:
    """Lines of one round: each once, and once more for every dozen choices that it holds."""
    return [line for line in lines for _ in range(1 + line.count("|") // CHOICES)]


def _as_imported(text: str) -> str:
    """Drop blanks at the ends of lines, which an import drops too: the teacher knows a record by its facts."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def _framed(rng: random.Random, text: str) -> str:
    """A text with a greeting and an end, each in half of the cases."""
    frames = phrases(FRAMES).lines
    if rng.random() < 0.5:
        text = f"{rng.choice(frames['hello'])}{rng.choice((' ', chr(10), chr(10) * 2))}{text}"
    if rng.random() < 0.5:
        text = f"{text}{rng.choice((' ', chr(10)))}{_filled(rng, rng.choice(frames['close']))}"
        if rng.random() < 0.6:
            text = f"{text}\n{_filled(rng, rng.choice(('{first}', '{first} {last}', '{first} {last}, {company}')))}"
    return text


def _in_turn(rng: random.Random, lines: list[str], count: int) -> list[str]:
    """Draw lines in rounds of `repeated`, each round in its own order."""
    turns: list[str] = []
    rounds = repeated(lines)
    while len(turns) < count:
        turns += rng.sample(rounds, k=len(rounds))
    return turns[:count]


def _filled(rng: random.Random, line: str) -> str:
    chosen = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), line)
    text = _SLOT.sub(lambda match: _word(rng, match[1]), chosen)
    text = " ".join(text.split(" ")).replace("  ", " ").strip()
    return text[:1].upper() + text[1:]


def _word(rng: random.Random, slot: str) -> str:
    if options := phrases(FRAMES).words.get(slot.lower()):
        word = rng.choice(options)
        return word if slot.islower() else word[:1].upper() + word[1:]
    first = rng.choice(phrases(FRAMES).words["first"])
    made = {
        "n": lambda: str(rng.randrange(5, 90)),
        "m": lambda: str(rng.randrange(2, 12)),
        "number": lambda: f"{rng.choice('ACFT')}-{rng.randrange(10_000, 99_999)}",
        "digits": lambda: str(rng.randrange(1000, 9999)),
        "company": lambda: names.company(rng),
        "city": lambda: names.city(rng),
        "domain": lambda: names.domain(rng, name=names.company(rng)).lower(),
        "mail": lambda: f"{first}@{names.domain(rng, name=names.company(rng))}".lower(),
    }
    return made[slot]()


def _record(rng: random.Random, number: int, customer: str, queue: str, subject: str, body: str) -> AnsweredRecord:
    facts = {
        "id": f"T-{10_000 + number}",
        "customer": customer,
        "subject": subject,
        "body": body,
        "plan": rng.choice(PLANS),
        "channel": rng.choice(CHANNELS),
    }
    return AnsweredRecord(facts, {"queue": queue})
