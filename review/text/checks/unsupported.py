"""Unsupported: a number, a proper name or an address that is neither in the record's facts nor in the offer.

Numbers and forms of names are compared by the verifier's rules (`review.text.verification`), without their meaning: a
right name in a wrong claim passes. The verifier's other rules are left out, because they would mark much of an ordinary
mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from review.spec.numbers import NUMBER, meanings_at, readings
from review.spec.schema import SLOT
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.personal_data.given_names import given_names
from review.text.reading.currencies import CODES
from review.text.reading.dates import FoundDate, dates_in
from review.text.reading.digit_rows import DigitRow, digit_rows
from review.text.reading.names import is_same_name, opens_sentence, unknown_names
from review.text.reading.times import FoundTime, times_in
from review.text.reading.units import amounts_at
from review.text.reading.words import EMAIL, URL, blanked, sentences, without_addresses
from review.text.spelling.lexicon import is_listed
from review.text.verification import entities, forms
from review.text.verification.shares import shares

# Numbers are read in all of these; names only in English, as German and others capitalise more than names.
LABEL, NAME = "Unsupported", _("unsupported")
DESCRIPTION = "A number or name found neither in the facts nor in the offer."
LANGUAGES: frozenset[str] | None = frozenset({"en", "de", "es", "fr", "it", "nl"})
NAMES_IN = frozenset({"en"})
# A proposed length or time of a talk is no claim: "15 minutes", "10 am", "at 9:30".
_PROPOSAL = re.compile(
    r"(?:\s?[-\u2013]\s?\d+|\s?(?:or|to|oder|bis)\s\d+)?[\s-]?(?:min(?:ute[sn]?|uten|s)?|am|pm|a\.m\.|p\.m\.|o'clock|uhr|h)\b|:\d\d|-minute",
    re.IGNORECASE,
)
# A number in a name, as in COVID-19, is checked with the name.
_OF_A_NAME, _LONGEST_NAME = re.compile(r"\b[A-Z]\w*-$"), 30
# A currency code, also behind its multiple beside a number: MSEK 140, 480 kEUR.
_CODE = re.compile(r"(?<![^\W\d])(?:(?:(?<=\d)|(?<=\d\s)|(?=\w{4}\s?\d))[kKMT])?([A-Z]{3})\b")
# A version is compared as written: 2.1 is not 2.10.
_VERSION = re.compile(r"(?<![\w.])(?:[vV](?=\d+\.\d)|(?=\d+\.\d+\.\d))(\d++(?:\.\d++)++)(?!\w|,\d)")
_SHORT_YEAR = re.compile(r"['\u2019/]\d\d(?!\w)")
_IDIOMS = re.compile(r"(?<![\w.])(?:24/7|1[:-]1|1-on-1|50/50|360°?|101)(?![\w]|[.,]\d)")


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader of numbers, and in English also of names."""
    reads_names = spec.language[:2] in NAMES_IN

    def read(passage: CheckedText) -> Iterator[Mark]:
        text = blanked(passage.text, SLOT) if "{{" in passage.text else passage.text
        yield from _addresses(passage, text)
        text = without_addresses(text)
        dates = list(dates_in(text))
        yield from _dates(passage, text, dates)
        prose = _without(text, [*dates, *_held_rows(passage, text)])
        yield from _versions(passage, prose)
        prose = blanked(prose, _VERSION)
        times = list(times_in(prose))
        yield from _times(passage, prose, times)
        yield from _numbers(passage, _without(prose, times))
        yield from _currencies(passage, text)
        if reads_names:
            yield from _names(passage, text)

    return read


def _addresses(passage: CheckedText, text: str) -> Iterator[Mark]:
    """Mark web and mail addresses that are not in the evidence."""
    has_links = "http" in text or "www." in text
    links = list(URL.finditer(text)) if has_links else []
    # A mail address inside a link belongs to the link.
    mails = EMAIL.finditer(blanked(text, URL) if has_links else text) if "@" in text else ()
    for match in sorted((*links, *mails), key=lambda each: each.start()):
        if not _stands(match.group().casefold().rstrip("/"), passage.evidence.text):
            yield _mark(passage, match.start(), match.end(), f"The address {match.group()}")


def _stands(address: str, text: str) -> bool:
    """Return whether a text contains an address; a mail address must be whole: `ana@b.example` has no `a@b.example`."""
    if "@" not in address or "/" in address:
        return address in text
    return bool(re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", text))


def _dates(passage: CheckedText, text: str, dates: Sequence[FoundDate]) -> Iterator[Mark]:
    """Mark dates that the record does not have, in any notation."""
    evidence = passage.evidence
    for date in dates:
        if any(date.is_same(held) for held in evidence.dates):
            continue
        # Without a date in the record, the numbers of a proposed date may be the record's.
        is_held = not evidence.dates and evidence.numbers.issuperset(date.numbers())
        is_held = is_held or _is_written(passage, text[date.start : date.end])
        if not is_held and not _invites(text, date.start):
            yield _mark(passage, date.start, date.end, f"The date {text[date.start : date.end]}")


def _is_written(passage: CheckedText, row: str) -> bool:
    """Return whether the record writes a row of numbers just so, as that of a version."""
    return bool(re.search(rf"(?<![\d.]){re.escape(row.casefold())}(?!\d|\.\d)", passage.evidence.text))


def _times(passage: CheckedText, text: str, times: Sequence[FoundTime]) -> Iterator[Mark]:
    """Mark times of day that the record does not have, by any clock, unless their numbers are the record's."""
    held = passage.evidence.times
    for time in times:
        if not held.isdisjoint(time.minutes) or _invites(text, time.start):
            continue
        numbers = list(NUMBER.finditer(text, time.start, time.end))
        is_told = " " in text[time.start : time.end] and bool(held)
        if not all(_is_held(passage, text, match) for match in numbers) if numbers else is_told:
            yield _mark(passage, time.start, time.end, f"The time {text[time.start : time.end]}")


def _versions(passage: CheckedText, text: str) -> Iterator[Mark]:
    """Mark versions and other rows of numbers with full stops that the record does not have."""
    for match in _VERSION.finditer(text):
        held = _is_written(passage, match[1])
        is_version = match.group()[0] in "vV"
        if not held and (is_version or readings(match[1]).isdisjoint(passage.evidence.numbers)):
            yield _mark(passage, match.start(), match.end(), f"The number {match.group()}")


def _held_rows(passage: CheckedText, text: str) -> Iterator[DigitRow]:
    """Yield phone numbers and the like that the record has in whatever groups."""
    held = passage.evidence.digit_rows
    return (row for row in (digit_rows(text) if held else ()) if any(row.is_same(other) for other in held))


def _without(text: str, places: Sequence[FoundDate | FoundTime | DigitRow]) -> str:
    for place in places:
        text = f"{text[: place.start]}{' ' * (place.end - place.start)}{text[place.end :]}"
    return text


def _currencies(passage: CheckedText, text: str) -> Iterator[Mark]:
    """Mark currencies other than those of the record, if it has any."""
    held = passage.evidence.currencies
    for match in _CODE.finditer(text) if held else ():
        if match[1] in CODES - held:
            yield _mark(passage, match.start(1), match.end(), f"The currency {match[1]}")


def _numbers(passage: CheckedText, text: str) -> Iterator[Mark]:
    text = blanked(text, _IDIOMS)
    for match in NUMBER.finditer(text):
        is_of_a_name = _OF_A_NAME.search(text, max(0, match.start() - _LONGEST_NAME), match.start())
        is_held = _is_held(passage, text, match) or _is_held_share(passage, text, match)
        if not (is_held or is_of_a_name or _is_proposal(text, match)):
            end = match.end() + (1 if text[match.end() : match.end() + 1] == "%" else 0)
            yield _mark(passage, match.start(), end, f"The number {text[match.start() : end]}")


def _is_held(passage: CheckedText, text: str, match: re.Match[str]) -> bool:
    """Return whether the record has a number, in any notation or unit."""
    meanings, evidence = meanings_at(text, match), passage.evidence
    if _SHORT_YEAR.match(text, max(0, match.start() - 1)):
        meanings |= {f"{century}{match.group()}" for century in (19, 20)}
    is_held = not (evidence.numbers.isdisjoint(meanings) and evidence.spelt_numbers.isdisjoint(meanings))
    return is_held or not evidence.amounts.isdisjoint(amounts_at(text, match))


def _is_held_share(passage: CheckedText, text: str, match: re.Match[str]) -> bool:
    """Return whether a number is of a share that the record has, where one of the two is a fraction."""
    here = (share for share in shares(text) if share.start <= match.start() < share.end)
    return any(share.is_same(held) for share in here for held in passage.evidence.shares)


def _is_proposal(text: str, match: re.Match[str]) -> bool:
    is_time = _PROPOSAL.match(text, match.end()) or text[max(0, match.start() - 1) : match.start()] == ":"
    return bool(is_time) and _invites(text, match.start())


def _invites(text: str, start: int) -> bool:
    """Return whether the sentence at this place proposes a talk."""
    return any(
        sentence.start() <= start < sentence.end() and ("?" in sentence.group() or _INVITES.search(sentence.group()))
        for sentence in sentences(text)
    )


_INVITES = re.compile(
    r"\b(?:call|talk|chat|meet|meeting|speak|reply|show you|anruf|gespräch|telefon\w*)\b", re.IGNORECASE
)


def _names(passage: CheckedText, text: str) -> Iterator[Mark]:
    is_title = passage.schema.role == "subject"
    unknown = [
        (start, end)
        for start, end in unknown_names(text, passage.evidence.words, is_title=is_title, given_names=given_names())
        if not entities.is_other_form(text[start:end], passage.evidence.passage)
    ]
    for start, end in unknown:
        yield _mark(passage, start, end, f"The name {text[start:end]}")
    for match in [] if is_title else forms.long_names(text, 0, len(text)):
        if any(start < match.end() and match.start() < end for start, end in unknown):
            continue
        words = forms.name_words(match.group())
        # Most names are in the facts literally, and looking for them first avoids parsing the passage.
        if (
            " ".join(words) not in passage.evidence.text
            and (other := entities.other_name(words, passage.evidence.passage))
            and not is_same_name(words, other)
            and not _is_bidding(text, match.start(), words)
        ):
            yield _mark(passage, match.start(), match.end(), f"The name {match.group()} (there is {' '.join(other)})")


def _is_bidding(text: str, start: int, words: Sequence[str]) -> bool:
    """Return whether the first of two words is ordinary English and opens its sentence, as in *Open Reports*."""
    return len(words) == 2 and opens_sentence(text, start) and is_listed(words[0], "en")


def _mark(passage: CheckedText, start: int, end: int, what: str) -> Mark:
    message = f"{what} is neither in the facts nor in the offer"
    return Mark("unsupported", passage.field, start, end, message, "error", "Take it from the facts, or leave it out.")
