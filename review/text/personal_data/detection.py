"""Detection of personal data in a text: all detectors together, without overlaps."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from review.text.personal_data import addresses, identity, network, payment, people, phones, prefilter

_MAIL = re.compile(r"(?<![\w.+-])[\w.+%'-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.UNICODE)


def mail_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of mail addresses."""
    for match in _MAIL.finditer(text):
        end = match.end()
        while text[end - 1] in "-_":
            end -= 1
        yield match.start(), end


# Of two that are equally long the one that stands first here is the surer.
KINDS = {
    "mail": "Mail addresses",
    "iban": "Bank accounts (IBAN)",
    "card": "Payment cards",
    "ssn": "US social security numbers",
    "ni_number": "UK National Insurance numbers",
    "passport": "Passport numbers",
    "birth_date": "Dates of birth",
    "ip": "IP addresses",
    "phone": "Phone numbers",
    "address": "Postal addresses",
    "name": "Names of people",
}
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class PersonalDataSpan:
    """One place: what kind, and from where to where in the text."""

    kind: str
    start: int
    end: int


def find(text: str, names: Iterable[str] = (), regions: Sequence[str] = ()) -> list[PersonalDataSpan]:
    """Personal data in a text, in order. Where two overlap the longer stays, of two as long the kind that is surer.

    Args:
        text: Any text; declared slots (`{{contact.first_name}}`) hold nobody's data and are passed over.
        names: Names of people that are known to matter here.
        regions: Countries whose way of writing phone numbers is known without a word beside them.
    """
    taken: list[PersonalDataSpan] = []
    for span in sorted(_all(text, names, regions), key=lambda each: (each.start - each.end, _RANK[each.kind])):
        # Those taken do not overlap, so only the two neighbours may meet this one.
        place = bisect_left(taken, span.start, key=_start)
        neighbours = taken[max(0, place - 1) : place + 1]
        if all(span.end <= other.start or span.start >= other.end for other in neighbours):
            taken.insert(place, span)
    return taken


def _start(span: PersonalDataSpan) -> int:
    return span.start


def _all(text: str, names: Iterable[str], regions: Sequence[str]) -> Iterator[PersonalDataSpan]:
    if "@" in text:
        yield from (PersonalDataSpan("mail", *span) for span in mail_spans(text))
    if prefilter.may_hold_phone(text):
        yield from (PersonalDataSpan("iban", *span) for span in payment.iban_spans(text))
        yield from (PersonalDataSpan("card", *span) for span in payment.card_spans(text))
        yield from (PersonalDataSpan("ssn", *span) for span in identity.ssn_spans(text))
        yield from (PersonalDataSpan("ni_number", *span) for span in identity.ni_number_spans(text))
        yield from (PersonalDataSpan("phone", *span) for span in phones.spans(text, regions))
    yield from (PersonalDataSpan("passport", *span) for span in identity.passport_spans(text))
    yield from (PersonalDataSpan("birth_date", *span) for span in identity.birth_date_spans(text))
    yield from (PersonalDataSpan("ip", *span) for span in network.spans(text))
    yield from (PersonalDataSpan("address", *span) for span in addresses.spans(text))
    yield from (PersonalDataSpan("name", *span) for span in people.spans(text, names))
