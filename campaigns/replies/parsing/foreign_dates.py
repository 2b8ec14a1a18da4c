"""Dates of further languages in figures. Pure, but for Django's catalogues, which know the months."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_ALT

# Croatian months have names of other ones in Czech and Polish.
_FOREIGN: Final = ("pt", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu", "ro", "tr", "el", "ru", "uk", "bg")
_READ_ELSEWHERE: Final = ("en", "de", "fr", "it", "nl", "es")
# 12月4日, 12월 4일; a weekday may follow in brackets.
_EASTERN: Final = re.compile(r"(?<!\d)(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日号일](?: ?[(\uff08].[)\uff09])?")
_UNTIL: Final = re.compile(
    r"(?:\b(?:até|do|до|έως|μέχρι|până(?: la| pe)?)\b|(?<=\d )a\b|[至到])(?= ?(?:\w{1,4} )?\d)", re.IGNORECASE
)
# Said behind the day.
_UNTIL_BEHIND: Final = re.compile(
    r"(\d{1,2}[./]\d{1,2}\.?(?:20\d\d)?|\w{3,12} \d{1,2}) ?[-']?\w{0,2}"
    r" ?(?:asti\b|saakka\b|(?<=-)ig\b|(?:tarihine )?kadar\b|まで|까지)",
    re.IGNORECASE,
)


def in_figures(text: str) -> str:
    """Return a notice with days and months of further languages as `4.12.`, and their words for *until* as `bis`."""
    months, names = _months()
    text = names.sub(lambda match: f"{match[1] or match[4]}.{months[(match[2] or match[3]).lower()]}.", text)
    text = _UNTIL.sub(" bis ", _EASTERN.sub(r" \2.\1. ", text))
    return _UNTIL_BEHIND.sub(r" bis \1 ", text)


@lru_cache(maxsize=1)
def _months() -> tuple[dict[str, int], re.Pattern[str]]:
    known = _named(_READ_ELSEWHERE)
    months = {name: number for name, number in _named(_FOREIGN).items() if name not in known}
    name = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
    return months, re.compile(
        rf"\b(\d{{1,2}})\.?(?: de)? ({name})\b(?: de (?=20))?|\b({name}) (\d{{1,2}})\b", re.IGNORECASE
    )


def _named(languages: Sequence[str]) -> dict[str, int]:
    months: dict[str, int] = {}
    for language in languages:
        with translation.override(language):
            months |= {str(names[number]).lower(): number for names in (MONTHS, MONTHS_ALT) for number in MONTHS}
    return months
