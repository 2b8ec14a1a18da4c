"""Names of people: those that a record's facts give, and whom a greeting names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.personal_data import given_names

# Input fields that hold a person's name, by what they are called.
_PERSON = re.compile(
    r"(?:^|_)(?:contact|person|people|first|last|given|family|full|sur|founders?|ceo|cto|owner|author|recipient|"
    r"reader|manager|employee|customer|patient|applicant|candidate|signatory)(?:_?names?)?$|^(?:surname|forename)$"
)
_WRITTEN_LIKE_A_NAME = re.compile(
    r"[A-ZÀ-ÖØ-Þ][\w'\u2019-]*(?: (?:(?:van|von|de|der|den|di|da|del|la|le|bin|al) )*[A-ZÀ-ÖØ-Þ][\w'\u2019.-]*){0,3}"
)
_GREETING = re.compile(
    r"(?:^|(?<=[\n.!?]))[ \t]*(?:Hi|Hello|Hey|Dear|Hallo|Liebe[rs]?|Guten Tag|Moin|Bonjour|Ch[eè]re?|Hola|Ciao"
    r"|Buongiorno|Beste|Hej|"
    r"Sehr geehrte[rs]?)[ ,]+(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herr|Frau|Madame|Monsieur|Señora?)\.? )*"
    r"(?P<name>[A-ZÀ-ÖØ-Þ][\w'\u2019-]+(?: [A-ZÀ-ÖØ-Þ][\w'\u2019-]+){0,2})(?=\s*[,!:.\n]|\s*$)",
    re.MULTILINE,
)
# Part of every greeting that names a person, and quick to look for: the pattern above tries every place of a text.
_MAYBE_GREETED = re.compile(
    r"(?:Hi|Hello|Hey|Dear|Hallo|Lieb|Tag|Moin|Bonjour|Ch|Hola|Ciao|Buongiorno|Beste|Hej"
    r"|Sehr geehrte)[a-zè]*[ ,]+[A-ZÀ-ÖØ-Þ]"
)
# What follows a greeting and is no name, and first names that are words as well.
_NO_NAME = frozenset(
    {
        "all",
        "again",
        "colleague",
        "colleagues",
        "customer",
        "customers",
        "damen",
        "everybody",
        "everyone",
        "folks",
        "friend",
        "friends",
        "guest",
        "herren",
        "hiring",
        "madam",
        "manager",
        "neighbour",
        "reader",
        "readers",
        "sales",
        "security",
        "sir",
        "sirs",
        "support",
        "team",
        "there",
        "user",
        "users",
        "world",
        "valued",
    }
)
_WORDS_TOO = frozenset(
    {
        "amber",
        "art",
        "august",
        "bill",
        "bob",
        "chance",
        "charity",
        "dawn",
        "drew",
        "faith",
        "frank",
        "grace",
        "grant",
        "hope",
        "iris",
        "ivy",
        "jack",
        "joy",
        "june",
        "mark",
        "may",
        "melody",
        "miles",
        "rich",
        "robin",
        "rose",
        "ruby",
        "sandy",
        "skip",
        "summer",
        "sunny",
        "trey",
        "will",
    }
)
SHORTEST = 3


def people_in(spec: TaskSpec, facts: Facts, texts: Iterable[str], *, by_given_name: bool = False) -> list[str]:
    """Names of people that matter for one record: longest first, parts of full names after them.

    The signature of the offer is the sender's own and no secret; slots are filled only when a mail is sent.

    Args:
        texts: Texts written for it; whoever they greet is meant.
        by_given_name: Whether people are meant too who are greeted nowhere, if their name begins with a common given
            name.
    """
    people = {name for field in spec.input_schema if _is_person(field.name) for name in _values(facts.get(field.name))}
    texts = list(texts)
    if by_given_name:
        people.update(name for text in texts for name in given_names.names_in(text) if len(name) >= SHORTEST)
    for text in texts:
        if not _MAYBE_GREETED.search(text):
            continue
        people.update(match.group("name") for match in _GREETING.finditer(text) if _is_greeted(match.group("name")))
    own = {
        str(facts.get(name) or "").casefold()
        for name in (spec.facts_with_role("group"), spec.facts_with_role("title"))
        if name
    }
    sender = f"{spec.offer.signature} {spec.offer.seller} {spec.offer.product}"
    names = {name for name in people if name.casefold() not in own and name not in sender}
    parts = {part for name in names for part in name.split() if len(name.split()) > 1 and _may_stand_alone(part)}
    return sorted(names | parts, key=lambda name: (-len(name), name))


def spans(text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of these names as whole words in the same case."""
    for name in names:
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                yield at, end
            at = text.find(name, end)


@lru_cache(maxsize=1000)
def _is_person(field: str) -> bool:
    return _PERSON.search(field) is not None


def _values(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _values(part)
    elif isinstance(value, str):
        for part in re.split(r"\s*(?:[;,/&\n]|\band\b|\bund\b)\s*", value):
            if len(part) >= SHORTEST and _WRITTEN_LIKE_A_NAME.fullmatch(part):
                yield part


def _is_greeted(name: str) -> bool:
    return len(name) >= SHORTEST and not any(word.casefold() in _NO_NAME for word in name.split())


def _may_stand_alone(part: str) -> bool:
    return len(part) >= SHORTEST and part[0].isupper() and part.casefold() not in _WORDS_TOO
