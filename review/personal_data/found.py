"""Where personal data stands in a text: all detectors together, without overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from review.personal_data import addresses, mails, people, phones

KINDS = {"mail": "Mail addresses", "phone": "Phone numbers", "address": "Postal addresses", "name": "Names of people"}


@dataclass(frozen=True, slots=True)
class Found:
    """One place: what kind, and from where to where in the text."""

    kind: str
    start: int
    end: int


def find(text: str, names: Iterable[str] = ()) -> list[Found]:
    """Personal data in a text, in order. Where two overlap, the kind that is surer stays.

    Args:
        text: Any text; declared slots (`{{contact.first_name}}`) hold nobody's data and are passed over.
        names: Names of people that are known to matter here.
    """
    taken: list[Found] = []
    for found in _all(text, names):
        if all(found.end <= other.start or found.start >= other.end for other in taken):
            taken.append(found)
    return sorted(taken, key=lambda found: found.start)


def _all(text: str, names: Iterable[str]) -> Iterator[Found]:
    if "@" in text:
        yield from (Found("mail", *span) for span in mails.spans(text))
    yield from (Found("phone", *span) for span in phones.spans(text))
    yield from (Found("address", *span) for span in addresses.spans(text))
    yield from (Found("name", *span) for span in people.spans(text, names))
