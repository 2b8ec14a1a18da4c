"""People whom nobody greets, by a list of given names: `Maria Lopez signed it`.

It finds more, and takes more for people.

The list holds common given names of Europe, the Americas and some of Asia and Africa; names that are words or places as
well are not on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_CAPITALISED = r"[A-ZÀ-ÖØ-ÞŁŚŻČŠŽ][^\W\d_]+(?:[-'\u2019][A-ZÀ-ÖØ-Þ]?[^\W\d_]+)*"
_PARTICLE = r"(?:(?:van|von|de|der|den|di|da|del|dos|la|le|bin|al|el|zu|af) ){0,2}"
_NAME = re.compile(
    rf"(?<![\w.@/-])(?P<given>{_CAPITALISED})(?P<rest>(?: [A-Z]\.)?(?: {_PARTICLE}{_CAPITALISED}){{0,2}})(?![\w@])"
)
# What makes a company or a place of a name, before it and behind it.
_PLACE_BEFORE = re.compile(
    r"(?:San|Santa|Santo|São|Saint|St\.?|Ste\.?|Sankt|Lake|Fort|Port|Mount|Cape|Hotel|Université|University of) \Z"
)
_NO_PERSON_BEHIND = re.compile(
    r"[ ,]*(?:&|\+|and Sons|and Co|Inc|Ltd|LLC|LLP|PLC|plc|GmbH|AG|SE|KG|SA|S\.A|SAS|SpA|S\.p\.A|BV|B\.V|NV|AB|ApS|Oy"
    r"|Corp|Co\b|Company|Group|"
    r"Holdings?|Partners|Capital|Bank|Foundation|Institute|University|College|School|Hospital|Street|Road|Avenue|Straße|Strasse|Platz|Award|Prize)"
)
_NO_SURNAME = frozenset(
    [
        "And",
        "But",
        "For",
        "From",
        "He",
        "Her",
        "His",
        "If",
        "In",
        "It",
        "Its",
        "On",
        "Or",
        "She",
        "So",
        "The",
        "They",
        "This",
        "To",
        "We",
        "When",
        "Who",
        "With",
        "You",
        "Your",
        "I",
        "Inc",
        "Ltd",
        "GmbH",
        "AG",
        "Corp",
        "Group",
        "Company",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
)


def names_in(text: str) -> Iterator[str]:
    """Names of people that begin with a given name of the list, with the family name behind it where there is one."""
    name_list, at = given_names(), 0
    while match := _NAME.search(text, at):
        # The word behind one that is no name may be one.
        at = match.end("given")
        if re.split(r"[-'\u2019]", match["given"])[0] in name_list and not _PLACE_BEFORE.search(
            text, max(0, at - 40), match.start()
        ):
            name = _without_tail(match.group())
            at = match.start() + len(name)
            if not (_NO_PERSON_BEHIND.match(text, at) or _NO_PERSON_BEHIND.search(name)):
                yield name


def _without_tail(name: str) -> str:
    """A name without words behind it that are none, and without a genitive."""
    words = name.split(" ")
    while len(words) > 1 and words[-1] in _NO_SURNAME:
        words.pop()
    return re.sub(r"['\u2019]s\Z", "", " ".join(words))


@cache
def given_names() -> frozenset[str]:
    """Return the listed given names, with a capital."""
    return frozenset((Path(__file__).parent / "given_names.txt").read_text(encoding="utf-8").split())
