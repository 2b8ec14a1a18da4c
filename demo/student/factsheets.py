"""Fact sheets: ordered `key: value` lines about one invented thing.

`kinds.txt` lists the kinds of sheet (a firm, a person, an event, a museum piece ...) with their keys and patterns of
values. Keys and their order are drawn for every sheet.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from demo import phrase_files
from demo.student import names, passages, phrases

_PART: Final = re.compile(r"\{(\w+)\}|\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Kind:
    """Kind of sheets: the key that names the thing, and the pattern of every key's value."""

    name: str
    subject_key: str
    nouns: list[str]
    patterns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Drawn sheet; `facts` are in the order of its lines."""

    kind: Kind
    facts: dict[str, str]


def any_value(rng: Random) -> str:
    """Draw a value of any kind, also invented words."""
    makers = (
        names.coined,
        names.company,
        names.person,
        names.code,
        names.date,
        names.number,
        names.money,
        phrases.things,
        phrases.happening,
        phrases.remark,
        passages.run_of_words,
        lambda r: " ".join(names.word(r) for _ in range(r.randint(1, 5))),
        lambda r: " ".join(r.choice(phrases.THINGS) for _ in range(r.randint(1, 6))),
    )
    return rng.choice(makers)(rng)


_MAKERS: Final[dict[str, Callable[[Random], str]]] = {
    **{make.__name__: make for make in (names.city, names.clock, names.code, names.coined, names.company)},
    **{make.__name__: make for make in (names.country, names.date, names.money, names.number, names.person)},
    **{make.__name__: make for make in (phrases.aim, phrases.happening, phrases.instrument, phrases.post)},
    **{make.__name__: make for make in (phrases.remark, phrases.things, phrases.trade, phrases.trouble, phrases.ware)},
    "year": names.year,
    "domain": lambda rng: names.domain(rng, name=names.company(rng)),
    "people": lambda rng: ", ".join(names.person(rng) for _ in range(rng.randint(2, 3))),
    "quality": lambda rng: rng.choice(phrases.QUALITIES),
    "Quality": lambda rng: rng.choice(phrases.QUALITIES).title(),
    "Thing": lambda rng: rng.choice(phrases.THINGS).title(),
}


def _kinds() -> list[Kind]:
    sections = phrase_files.read(Path(__file__).with_name("kinds.txt"))
    return [
        Kind(name, lists["subject"][0], lists["nouns"], dict(line.split(": ", 1) for line in lines))
        for name, (lines, lists) in sections.items()
        if name
    ]


KINDS: Final = _kinds()
_STRANGE: Final = 0.4
_WEIGHTS: Final = (10, 2, 2, 2, 2, 2, 2)


def _filled(rng: Random, pattern: str) -> str:
    """Fill a pattern's slots and choices from left to right."""
    return _PART.sub(lambda part: _MAKERS[part[1]](rng) if part[1] else rng.choice(part[2].split("|")), pattern)


def made_up(rng: Random) -> Sheet:
    """Draw a sheet of three to nine keys with values of any kind, for pure copying."""
    keys = {
        rng.choice((names.word(rng), rng.choice(phrases.THINGS), names.word(rng, syllables=2)))
        for _ in range(rng.randint(3, 9))
    }
    facts = {key: any_value(rng) for key in sorted(keys)}
    return Sheet(Kind("made_up", next(iter(facts)), ["sheet"], {}), facts)


def draw(rng: Random) -> Sheet:
    """Draw a sheet of a drawn kind; only its subject is always present."""
    kind = rng.choices(KINDS, _WEIGHTS)[0]
    keys = list(kind.patterns)
    if kind.name == "company" and rng.random() < 0.7:
        keys = keys[:15]
    share = rng.choice((0.4, 0.7, 0.9, 1.0))
    kept = [key for key in keys if key == kind.subject_key or rng.random() < share]
    if rng.random() < 0.35:
        rng.shuffle(kept)
    facts = {key: _filled(rng, kind.patterns[key]) for key in kept}
    if rng.random() < _STRANGE:
        # Values of no kind of sheet: they cannot be guessed, only copied.
        facts = {
            key: rng.choice((any_value, passages.run_of_words, lambda _, old=old: old))(rng)
            for key, old in facts.items()
        }
    if "domain" in facts and "company" in facts:
        facts["domain"] = names.domain(rng, name=facts["company"])
    return Sheet(kind, facts)


def render(rng: Random, facts: dict[str, str]) -> str:
    """Write the sheet as `key: value` lines; the spelling of keys varies at times."""
    style = rng.random()
    if style < 0.85:
        return "\n".join(f"{key}: {value}" for key, value in facts.items())
    if style < 0.95:
        return "\n".join(f"{key.replace('_', ' ').capitalize()}: {value}" for key, value in facts.items())
    return "\n".join(f"- {key}: {value}" for key, value in facts.items())
