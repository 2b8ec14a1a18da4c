"""Sentences on the pages of fictional companies, with the claims that follow from them.

Every true claim follows from each wording of its topic and no false one does: the slots of a statement differ. Words
alone do not separate them: true claims deny, count and reverse, and false ones may use only words of the page.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import cycle, product
from pathlib import Path
from typing import NamedTuple

from demo import phrase_files
from demo.data.prospects.generate import PLACES, prospects

THIS_YEAR = 2026
# Pages name other firms than those of the records.
_FIRMS_SEED, _FIRMS = 7, 150
_FOLDER = Path(__file__).with_name("phrases")
_LISTS = phrase_files.lists(_FOLDER / "page_words.txt")
_ONES, _TENS, _NO_NAMES, _FIRST_NAMES, _LAST_NAMES, _MONTHS, _GOODS, _THINGS, _FILLERS = _LISTS.values()
_CITIES = [city for cities in PLACES.values() for city in cities]
_PEOPLE = [f"{first} {last}" for first, last in product(_FIRST_NAMES, _LAST_NAMES)]
_FILLER_FACTS = ("city", "sector", "product", "tool")


class Topic(NamedTuple):
    """Topic of a page.

    Attributes:
        page: Wordings of one sentence, all with the same meaning.
        true: Claims that follow from every wording.
        false: Claims that follow from none.
        questions: Questions of a colleague that the sentence answers.
        answers: The sentence in other words; each follows from every wording.
    """

    name: str
    page: list[str]
    true: list[str]
    false: list[str]
    questions: list[str]
    answers: list[str]


TOPICS = [Topic(name, **topic.lists) for name, topic in phrase_files.read(_FOLDER / "topics.txt").items() if name]


class Statement(NamedTuple):
    """Sentence of a page; `slots` fill the claims of its topic."""

    topic: Topic
    sentence: str
    slots: Mapping[str, str]

    def one_of(self, patterns: Sequence[str], rng: random.Random) -> str:
        """Fill one of some patterns of the topic."""
        return filled(rng.choice(patterns), self.slots)


def filled(pattern: str, slots: Mapping[str, str]) -> str:
    """Fill a pattern, and capitalise its first letter."""
    text = pattern.format_map(slots)
    return text[0].upper() + text[1:]


def in_words(number: int) -> str:
    """Write a number from 0 to 99 in English words."""
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def joined_claims(first: str, second: str) -> str:
    """Join two claims into one sentence; the second keeps its capital letter where it begins with a name."""
    opening = second.split()[0].split("-")[0]
    text = second[0].lower() + second[1:] if opening in _NO_NAMES or opening.lower() in (*_ONES, *_TENS) else second
    return f"{first.rstrip('.')}, and {text}"


def sentences(page: str) -> list[str]:
    """Split a page into its sentences."""
    return re.split(r"(?<=\.)\s+", page)


def with_a_word_left_out(quote: str, rng: random.Random) -> str:
    """Drop a word from the middle of a quote of three words or more, like somebody who copies from memory."""
    words = quote.split()
    del words[rng.randrange(1, len(words) - 1)]
    return " ".join(words)


def with_another_number(text: str, rng: random.Random) -> str:
    """Raise one number of a text by one to nine."""
    number = rng.choice(list(re.finditer(r"\d+", text)))
    return f"{text[: number.start()]}{int(number[0]) + rng.randint(1, 9)}{text[number.end() :]}"


def statements(facts: Mapping[str, str], topics: Sequence[Topic], rng: random.Random) -> list[Statement]:
    """Draw one statement for each of at most nine topics; no two share a place, a person or a firm."""
    cities = [city for city in _CITIES if city != facts.get("city")]
    decks = [
        _drawn(deck, each, len(topics), rng)
        for deck, each in ((cities, 2), (_PEOPLE, 3), (_firms_but(facts["company"]), 2), (_THINGS, 2), (_GOODS, 2))
    ]
    drawn: list[Statement] = []
    for topic in topics:
        slots = {"company": facts["company"], **_numbers(rng, drawn), **_names(decks, rng)}
        drawn.append(Statement(topic, filled(rng.choice(topic.page), slots), slots))
    return drawn


def filler(facts: Mapping[str, str], rng: random.Random) -> str:
    """Draw a sentence without any topic."""
    fitting = [text for text in _FILLERS if all(f"{{{name}}}" not in text or facts.get(name) for name in _FILLER_FACTS)]
    return filled(rng.choice(fitting), facts)


@cache
def _other_firms() -> list[str]:
    return [each["company"] for each in prospects(_FIRMS, seed=_FIRMS_SEED)]


def _firms_but(company: str) -> list[str]:
    return [firm for firm in _other_firms() if firm.split()[0] != company.split()[0]]


def _drawn(deck: Sequence[str], each: int, statements: int, rng: random.Random) -> Iterator[str]:
    """Deal cards for a number of statements; none repeats before all were dealt."""
    return cycle(rng.sample(deck, min(len(deck), each * statements)))


def _names(decks: Sequence[Iterator[str]], rng: random.Random) -> dict[str, str]:
    month, other_month = rng.sample(_MONTHS, 2)
    places, people, firms, things, goods = decks
    slots = {"place": places, "person": people, "firm": firms, "thing": things, "goods": goods}
    drawn = {f"{ordinal}{name}": next(deck) for name, deck in slots.items() for ordinal in ("", "other_")}
    return {**drawn, "third_person": next(people), "month": month, "other_month": other_month}


def _numbers(rng: random.Random, before: Sequence[Statement]) -> dict[str, str]:
    low, rise, few = rng.randint(14, 60), rng.randint(5, 25), rng.randint(3, 6)
    percent, year = rng.randint(4, 15), rng.randint(1958, 2014)
    hour, other_hour = rng.sample((7, 8, 9, 10), 2)
    numbers = {
        "low": low,
        "high": low + rise,
        "rise": rise,
        "rest": low - few,
        "few": few,
        "more": few + rng.randint(1, 5),
        "double": 2 * few,
        "hundreds": 100 * rng.randint(3, 9),
        "percent": percent,
        "more_percent": percent + rng.randint(3, 12),
        "year": year,
        "later": year + rng.randint(3, 9),
        "age": THIS_YEAR - year,
        "wrong_age": THIS_YEAR - year + rng.choice((-5, -2, 3, 10)),
        "hour": hour,
        "other_hour": other_hour,
    }
    numbers["wrong"] = _wrong(numbers, rng, before)
    words = {f"{name}_words": in_words(number) for name, number in numbers.items() if number < 100}
    return {name: str(number) for name, number in numbers.items()} | words


def _wrong(numbers: Mapping[str, int], rng: random.Random, before: Sequence[Statement]) -> int:
    """Draw another number than the statement's, from elsewhere on the page if there is one."""
    taken = {numbers[name] for name in ("low", "high", "percent", "more_percent")}
    elsewhere = [int(statement.slots[name]) for statement in before for name in ("low", "high", "percent")]
    fitting = [number for number in elsewhere if number not in taken]
    return rng.choice(fitting or [number for number in range(4, 90) if number not in taken])
