"""Dates of further languages in figures. Pure, but for Django's catalogues, which know the months."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_ALT

from campaigns.replies.parsing.folding import folded
from review.text.reading.words import lowered

# Croatian months have names of other ones in Czech and Polish.
_FOREIGN: Final = ("pt", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu", "ro", "tr", "el", "ru", "uk", "bg")
_READ_ELSEWHERE: Final = ("en", "de", "fr", "it", "nl", "es")
# In capitals, or without a keyboard for them, names lose their marks.
_WITHOUT_MARKS: Final = ("tr", "el")
_MONTH_FIRST: Final = ("hu",)
# *Until* in these and their neighbours; Thursday in German and Dutch, *from the* in Portuguese.
_DO: Final = re.compile(r"\bdo(?= (?:\w{1,4} )?\d)", re.IGNORECASE)
_WEST_SLAVIC: Final = ("pl", "cs", "sk")
_WEST_SLAVIC_WORDS: Final = (
    r"od|dn(?:e|ia)|dňa|jestem|będę|wr[aó]c\w+|urlop\w*|biur\w*|nieobecn\w*|włącznie|jsem|som|(?:ne)?bud(?:u|em)|dovolen\w*"
    r"|kancel\w+|nep[rř][ií]tomn\w*|mimo|včetně|vrátane|zpět|dopust\w*|odsut\w*|odmor\w*"
)
# 12月4日, 12월 4일; a weekday may follow in brackets.
_EASTERN: Final = re.compile(r"(?<!\d)(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日号일](?: ?[(\uff08].[)\uff09])?")
_UNTIL: Final = re.compile(
    r"(?:\b(?:até|до|έως|μέχρι|până(?: la| pe)?)\b|(?<=\d )a\b|[至到])(?= ?(?:\w{1,4} )?\d)", re.IGNORECASE
)
# Said behind the day.
_UNTIL_BEHIND: Final = re.compile(
    r"(\d{1,2}[./]\d{1,2}\.?(?:20\d\d)?|\w{3,12} \d{1,2}) ?[-']?\w{0,2}"
    r" ?(?:asti\b|saakka\b|(?<=-)ig\b|(?:tarihine )?kadar\b|まで|까지)",
    re.IGNORECASE,
)


def in_figures(text: str) -> str:
    """Return a notice with days and months of further languages as `4.12.`, and their words for *until* as `bis`."""
    months, names, west_slavic = _months()
    if west_slavic.search(text):
        text = _DO.sub("bis", text)
    text = names.sub(lambda match: f"{match[1] or match[4]}.{months[_key(match[2] or match[3])]}.", text)
    text = _UNTIL.sub(" bis ", _EASTERN.sub(r" \2.\1. ", text))
    return _UNTIL_BEHIND.sub(r" bis \1 ", text)


@lru_cache(maxsize=1)
def _months() -> tuple[dict[str, int], re.Pattern[str], re.Pattern[str]]:
    known = _named(_READ_ELSEWHERE)
    name, first, slavic = (
        "|".join(_named(languages).keys() - known.keys()) for languages in (_FOREIGN, _MONTH_FIRST, _WEST_SLAVIC)
    )
    return (
        {_key(name): number for name, number in _named(_FOREIGN).items()},
        re.compile(rf"\b(\d{{1,2}})\.?(?: de)? ({name})\b(?: de (?=20))?|\b({first}) (\d{{1,2}})\b", re.IGNORECASE),
        re.compile(rf"\b(?:{_WEST_SLAVIC_WORDS}|\d{{1,2}}\.? (?:{slavic}))\b", re.IGNORECASE),
    )


def _named(languages: Sequence[str]) -> dict[str, int]:
    months: dict[str, int] = {}
    for language in languages:
        with translation.override(language):
            names = [(str(each[number]).lower(), number) for each in (MONTHS, MONTHS_ALT) for number in MONTHS]
        plain = [(_key(name), number) for name, number in names] if language in _WITHOUT_MARKS else []
        months |= dict(names + plain)
    return months


def _key(name: str) -> str:
    """Return one form of all that a pattern takes for the same name: it ignores case, and marks may be left out."""
    return folded(lowered(name)).casefold()
