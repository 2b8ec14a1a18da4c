"""Numbers and days by which a state knows a person: social security, National Insurance, passports, dates of birth.

What has a shape of its own is found by it; passports and dates only beside a word that names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.personal_data import cues, prefilter

_SSN = re.compile(
    r"(?<![\w.,+/-])(?!000|666|9)\d{3}(?P<gap>[- ]?)(?!00)\d{2}(?P=gap)(?!0000)\d{4}(?!\w|[.,/-]\d)"
)  # Ranges that the Social Security Administration never issues: area 000, 666, 900 to 999; group 00; serial 0000.
_SSN_NAMED = re.compile(r"(?<!\w)(?:SSN|social[- ]security)\b[^\d\n]{0,25}\Z", re.IGNORECASE)
# Letters and prefixes as HM Revenue & Customs allots them (NIM39110).
_NI_NUMBER = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ \u00a0-]?(?:\d{2}[ \u00a0-]?){3}[A-D](?!\w)"
)
_NI_END = re.compile(r"\d\d[ \u00a0-]?[A-Da-d](?!\w)")
# The prefix of forms' examples is never allotted; beside its name it is one all the same.
_NI_NAMED = re.compile(
    r"(?<!\w)(?:NI|NINO|national "
    r"insurance)\b[^\d\n]{0,15}?(?P<value>[A-Z]{2}[ \u00a0-]?(?:\d{2}[ \u00a0-]?){3}[A-D])(?!\w)",
    re.IGNORECASE,
)
_PASSPORT = re.compile(
    r"(?:passports?|(?<!\w)(?:reise)?pass(?:nummer|nr)?|passeports?|pasaportes?|passaport[oei]s?|paspoort\w*|paszport\w*|pasnummer"
    r"|passnummer|passnr|pasaport|паспорт\w*|パスポート|护照|護照|여권)"
    r"(?:[ \u00a0-]?(?:number|no|num|nr|nummer|number is|n[°ºo]|numéro|número|numero|номер|serie|серия|番号|号码"
    r"|번호))?(?![A-Za-zÀ-ÿ])"
    r"(?:[ \u00a0]?(?:is|ist|est|es|è|[:\uff1a#.,=–(-]|は|为)){0,3}[ \u00a0]?"
    r"(?P<value>(?:[A-Z0-9]{6,10}|\d{2} ?\d{2} \d{6}|(?-i:[A-Z]{1,3}) \d{6,8}))(?!\w)",
    re.IGNORECASE,
)
_BORN = (
    r"born(?: on)?|date of birth|birth ?date|birthday|d\.?o\.?b\.?|geboren(?: am| op)?|geburtsdatum|geburtstag|geb\.|"
    r"née?(?:\(e\))?(?: le)?|date de naissance|nacid[oa](?: el)?|fecha de nacimiento|nat[oa](?: il)?|data di nascita"
    r"|geboortedatum|"
    r"nascid[oa](?: em| a)?|data de nascimento|urodzon[ya]|data urodzenia|född|födelsedatum|født|fødselsdato|syntynyt"
    r"|syntymäaika|"
    r"дата рождения|родил(?:ся|ась)|doğum tarihi|narozen[aý]?|datum narození|生年月日|出生日期|生日|생년월일"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19\d\d|20[0-3]\d)"
_BIRTH_DATE = re.compile(
    rf"(?<![^\W_])(?:{_BORN})[ \u00a0]?(?:[:\uff1a=,–(-]|is|ist|est|es|è|was|war|on|am|le|el|il|op|den|em|the|は|为"
    rf"| ){{0,4}}[ \u00a0]?(?P<value>"
    rf"{_YEAR}[-./]{_MONTH}[-./]{_DAY}|{_DAY}[-./]{_MONTH}[-./](?:{_YEAR}|\d\d)|{_MONTH}/{_DAY}/(?:{_YEAR}|\d\d)"
    rf"|{_DAY}[. ](?: ?(?:{_MONTH})\.) ?{_YEAR}"
    rf"|{_DAY}(?:st|nd|rd|th|er|º|\.)?[ -](?:of |de )?[^\W\d]{{3,10}}\.?,?(?: de| del)?[ -]{_YEAR}"
    rf"|[^\W\d]{{3,10}}\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR}|{_YEAR}年{_MONTH}月{_DAY}日)(?!\w|[.,/-]\d)",
    re.IGNORECASE,
)
# Each has a part of every word for it.
_BORN_PARTS = (
    "born",
    "birth",
    "dob",
    "d.o",
    "gebor",
    "geburt",
    "geboorte",
    "geb.",
    "née",
    "né ",
    "naissance",
    "nacid",
    "nacimiento",
    "nato",
    "nata",
    "nascit",
    "nascid",
    "nascim",
    "urodz",
    "född",
    "födel",
    "født",
    "fødsel",
    "synty",
    "рожд",
    "родил",
    "doğum",
    "naroz",
    "生年",
    "出生",
    "生日",
    "생년",
)
# Few texts have one of these, and fewer one of the longer ones.
_PASSPORT_STEMS = ("pas", "паспорт", "パスポート", "护照", "護照", "여권")
_PASSPORT_PARTS = (
    "passp",
    "passep",
    "passap",
    "reisepass",
    "passn",
    "pass-n",
    "pass n",
    "pasap",
    "paspo",
    "paszp",
    "pasnu",
    "паспорт",
    "パスポート",
    "护照",
    "護照",
    "여권",
)


def ssn_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of US social security numbers: with hyphens, or written otherwise after their name."""
    if not prefilter.may_hold_groups(text, 9):
        return
    for match in _SSN.finditer(text):
        words = text[max(0, match.start() - cues.REACH) : match.start()]
        is_named = _SSN_NAMED.search(words) is not None
        if is_named or (match["gap"] == "-" and not cues.is_something_else(text, match.start())):
            yield match.span()


def ni_number_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of UK National Insurance numbers."""
    if not (prefilter.may_hold_groups(text, 6) and _NI_END.search(text)):
        return
    yield from (match.span() for match in _NI_NUMBER.finditer(text))
    yield from (match.span("value") for match in _NI_NAMED.finditer(text))


def passport_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of passport numbers that stand beside the word."""
    lower = text.lower()
    if any(map(lower.__contains__, _PASSPORT_STEMS)) and any(map(lower.__contains__, _PASSPORT_PARTS)):
        yield from (match.span("value") for match in _PASSPORT.finditer(text) if _has_digits(match["value"]))


def _has_digits(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= 4


def birth_date_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of whole dates beside a word for birth; a year alone is none."""
    if not prefilter.may_hold_date(text):
        return
    near = prefilter.around_numbers(text, cues.REACH, 1).lower()
    if any(map(near.__contains__, _BORN_PARTS)):
        yield from (match.span("value") for match in _BIRTH_DATE.finditer(text))
