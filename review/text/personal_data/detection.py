"""Where personal data stands in a text: all detectors together, without overlaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from review.text.personal_data import addresses, people, phones

_MAIL = re.compile(r"(?<![\w.+-])[\w.+%'-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.UNICODE)


def mail_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where mail addresses stand."""
    for match in _MAIL.finditer(text):
        end = match.end()
        while text[end - 1] in "-_":
            end -= 1
        yield match.start(), end


KINDS = {"mail": "Mail addresses", "phone": "Phone numbers", "address": "Postal addresses", "name": "Names of people"}


@dataclass(frozen=True, slots=True)
class PersonalDataSpan:
    """One place: what kind, and from where to where in the text."""

    kind: str
    start: int
    end: int


def find(text: str, names: Iterable[str] = ()) -> list[PersonalDataSpan]:
    """Personal data in a text, in order. Where two overlap, the kind that is surer stays.

    Args:
        text: Any text; declared slots (`{{contact.first_name}}`) hold nobody's data and are passed over.
        names: Names of people that are known to matter here.
    """
    taken: list[PersonalDataSpan] = []
    for span in _all(text, names):
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda found: found.start)


def _all(text: str, names: Iterable[str]) -> Iterator[PersonalDataSpan]:
    if "@" in text:
        yield from (PersonalDataSpan("mail", *span) for span in mail_spans(text))
    yield from (PersonalDataSpan("phone", *span) for span in phones.spans(text))
    yield from (PersonalDataSpan("address", *span) for span in addresses.spans(text))
    yield from (PersonalDataSpan("name", *span) for span in people.spans(text, names))
