"""Phone numbers in running text: international ones, and national ones by the numbering plans of many countries.

Plans are those of the `phonenumbers` package (Google's libphonenumber), read only where a text holds a number that may
be one. Numbers alone are no phone numbers: dates, amounts, ranges, version numbers and numbers of orders are passed
over. A national number that begins with no zero needs a word to call by, or the shape that its country writes it in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from review.text.personal_data import cues, prefilter
from review.text.personal_data.cues import Cue

# Countries where a language is written, the likeliest first.
_REGIONS_TEXT = """
    en US GB CA IE AU NZ IN ZA SG; de DE AT CH; fr FR BE CH CA; es ES MX AR CO CL PE; it IT CH; nl NL BE; pt PT BR;
    pl PL; sv SE FI; nb NO; no NO; da DK; fi FI; cs CZ; sk SK; ru RU KZ; uk UA; ja JP; ko KR; zh CN TW HK SG; tr TR;
    el GR CY; hu HU; ro RO; he IL; hi IN; bg BG; hr HR; sl SI; et EE; lv LV; lt LT; ar AE SA EG; th TH; vi VN; id ID
"""
_REGIONS: dict[str, tuple[str, ...]] = {line.split()[0]: tuple(line.split()[1:]) for line in _REGIONS_TEXT.split(";")}
_EVERY_REGION = tuple(dict.fromkeys(region for regions in _REGIONS.values() for region in regions))
_GAP = r"[ \u00a0\u2011./()-]{0,3}"
# Letters that stand apart from a number: those of scripts that put no blanks between words may touch one.
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_CANDIDATE = re.compile(
    rf"(?<![+.,/@#$€£-])(?<!\d:)(?<!{_LETTER})(?:\+ ?"
    rf"|\(\+ ?(?=\d{{1,3}}\)))?(?:\((?=\d{{1,5}}\)))?\d(?:{_GAP}\d){{5,17}}(?!{_LETTER})"
)
_DIGITS = re.compile(r"\d+")
# Area code in brackets or not, as North America writes it.
_NORTH_AMERICAN = re.compile(r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ ./-])\d{3} ?[ .-] ?\d{4}")
_DATE = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}")
# A day and more behind it, such as an hour; by points and blanks numbers are written too.
_BEGINS_WITH_DATE = re.compile(
    r"\d{1,4}/\d{1,2}/\d{1,4}(?!\d)|\d{1,2}[-.]\d{1,2}[-.](?:19|20)\d\d(?!\d)|(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)"
)
# Two numbers side by side, of which the first is long enough to be one.
_JOINED = re.compile(r"(?:\d\D{0,2}?){8,} [/–-] ?\d")
_POSTCODE = re.compile(r"\d{5}-\d{4}")
_HOURS = re.compile(r"[0-2]\d[0-5]\d ?[-/] ?[0-2]\d[0-5]\d")
_ADDRESS_ON_THE_NET = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_AMOUNT = re.compile(r"\d{1,3}(?:[ \u00a0.]\d{3})+|[1-9]\d*\.\d+|\d{1,4}[-/]\d{1,4}")
_UNIT = re.compile(
    r"[ \u00a0]?(?:[%€$£¥°]|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds|kg|km|m²|tonnes?|tons?|units?|people|users?"
    r"|customers?|pieces|parts"
    r"|stück|employees|visitors|views|shares|million|mio|k)\b)",
    re.IGNORECASE,
)
# Round sums: millions are nobody's number, thousands none where only some word before them speaks of a call.
_MILLIONS = re.compile(r"[1-9]\d?[ \u00a0.]\d{3}[ \u00a0.]000")
_THOUSANDS = re.compile(r"[1-9]\d\d[ \u00a0.]?000")
_MORE = re.compile(r"[ \u00a0]?(?:,|/|;|or|and|und|oder|ou|et|o|y|e|of|en)[ \u00a0]")
_NATIONAL_LEAST, _TRUNK_LEAST = 8, 9


class _Written(NamedTuple):
    """A number as it is written, and what its words say of it."""

    text: str
    digits: str
    cue: Cue
    has_unit: bool


def regions_of(language: str) -> tuple[str, ...]:
    """Countries whose national numbers a text of a language may hold: `de-AT` has Austria first."""
    code, _, country = language.partition("-")
    return tuple(dict.fromkeys([*([country] if country else []), *_REGIONS.get(code, ())]))


def spans(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Yield the places of phone numbers.

    Args:
        regions: Countries (ISO 3166) whose national writing tells a number without any word beside it.
    """
    if not prefilter.may_hold_phone(text):
        return
    at, last_end = 0, 0
    while match := _CANDIDATE.search(text, at):
        follows = last_end > 0 and _MORE.fullmatch(text, last_end, match.start()) is not None
        end = _end(text, match, tuple(regions), follows=follows)
        if end:
            yield match.start(), end
            at = last_end = end
        else:
            first = _DIGITS.search(text, match.start())
            at = first.end() if first else match.end()


def _end(text: str, match: re.Match[str], regions: tuple[str, ...], *, follows: bool) -> int:
    """Return the end of the longest number that begins with a candidate, in whole groups of digits; 0 without one."""
    if not follows and "+" not in match.group() and text[max(0, match.start() - 2) : match.start()][:1].isdigit():
        # Part of a longer row of numbers.
        return 0
    cue = cues.before(text, match.start())
    if follows and cue is Cue.NONE:
        cue = Cue.LOOSE
    groups = list(_DIGITS.finditer(text, match.start(), match.end()))
    if cue is Cue.NONE and "+" not in match.group() and not groups[0].group().startswith("00"):
        # A single digit within a number needs a word to call by: rows of digits need not be tried at every length.
        inner = (place for place, group in enumerate(groups) if place and group.end() - group.start() == 1)
        groups = groups[: next(inner, len(groups)) + 1]
    for group in reversed(groups):
        written = text[match.start() : group.end()]
        digits = re.sub(r"\D", "", written)
        is_last = group.end() == match.end()
        rest = text[group.end() : group.end() + 2]
        if len(digits) < 6 or _JOINED.match(written) or (re.match(r"[.,:]\d", rest) if is_last else rest[:1] in "-."):
            continue
        if _is_number(_Written(written, digits, cue, _UNIT.match(text, group.end()) is not None), regions):
            return group.end()
    return 0


def _is_number(written: _Written, regions: tuple[str, ...]) -> bool:
    text, digits, cue, has_unit = written
    shapes = (_DATE, _ADDRESS_ON_THE_NET, _POSTCODE, _HOURS)
    if len(digits) > 15 or _BEGINS_WITH_DATE.match(text) or any(shape.fullmatch(text) for shape in shapes):
        return False
    if "+" in text:
        return _is_international(digits, is_written_out=not text.strip("(+ ").isdigit())
    if cue is Cue.OTHER or has_unit or _MILLIONS.fullmatch(text):
        return False
    groups = _DIGITS.findall(text)
    if groups[0].startswith("00"):
        return _is_international(digits, is_written_out=not text.isdigit())
    if cue is Cue.DIRECT or _NORTH_AMERICAN.fullmatch(text):
        return True
    has_trunk = digits[0] == "0" or text[0] == "(" or re.match(r"8[ -]?\(", text) is not None
    if cue is Cue.LOOSE:
        return not _THOUSANDS.fullmatch(text) and _is_valid(digits, _EVERY_REGION)
    if len(groups) < 2 or any(len(group) < 2 for group in groups[1:-1]):
        return False
    if has_trunk:
        is_area = len(groups[0]) <= 5 and (len(groups[0]) > 1 or digits[0] == "8")
        return is_area and len(digits) >= _TRUNK_LEAST and _is_valid(digits, _EVERY_REGION)
    return len(digits) >= _NATIONAL_LEAST and not _AMOUNT.fullmatch(text) and _is_written_as_in(tuple(groups), regions)


@lru_cache(maxsize=10_000)
def _is_international(digits: str, *, is_written_out: bool) -> bool:
    """Return whether digits behind a plus or 00 have a possible length, and are in groups or valid in a plan."""
    # The plans take some milliseconds to read, and most processes never see a number.
    import phonenumbers

    plain = digits.removeprefix("00")
    try:
        number = phonenumbers.parse(f"+{plain}")
    except phonenumbers.NumberParseException:
        return False
    is_possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return is_possible and (is_written_out or phonenumbers.is_valid_number(number))


@lru_cache(maxsize=10_000)
def _is_valid(digits: str, regions: tuple[str, ...]) -> bool:
    import phonenumbers

    for region in regions:
        try:
            number = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(number, region):
            return True
    return False


@lru_cache(maxsize=10_000)
def _is_written_as_in(groups: tuple[str, ...], regions: tuple[str, ...]) -> bool:
    """Return whether groups of digits are a valid number of one of these countries, grouped as usual there."""
    import phonenumbers

    for region in regions:
        try:
            number = phonenumbers.parse("".join(groups), region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(number, region):
            usual = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            if tuple(_DIGITS.findall(usual)) == groups:
                return True
    return False
