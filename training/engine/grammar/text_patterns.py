"""Regular expressions of texts in JSON and of dates. Pure.

Texts are as drafts keep them: no blanks at their beginning, and no control characters but tabs and line ends. They are
escaped as `json.dumps(ensure_ascii=False)` does.
"""

from __future__ import annotations

from typing import Final

_PLAIN: Final = r"\"\\\x00-\x1f\x7f\u{2028}\u{2029}"
# One character of a text, and one that may begin it. That its end be no blank would cost ten times as much a mask.
_INNER: Final = rf'(?:[^{_PLAIN}]|\\["\\nt])'
_OUTER: Final = rf'(?:[^\s{_PLAIN}]|\\["\\])'
_DAYS: Final = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])"
)
_YEAR: Final = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_FOURTH: Final = "(?:0[48]|[2468][048]|[13579][26])"
_LEAP_YEAR: Final = f"(?:[0-9]{{2}}{_FOURTH}|{_FOURTH}00)"
# Runs of characters that a text allows nearly everywhere: masks look up their tokens at once instead of one by one.
SLICES: Final = [rf"[^{_PLAIN}]{times}" for times in ("{1,10}", "{1,30}", "+")]
# Days of the calendar from the year 1 on, the 29th of February in leap years alone.
DATE: Final = f"(?:{_YEAR}-(?:{_DAYS})|{_LEAP_YEAR}-02-29)"
DATE_LENGTH: Final = 10


def text_pattern(least: int, most: int | None) -> str:
    """The pattern of a quoted text of `least` to `most` characters; escapes count as the character they mean."""
    if most == 0:
        return '""'
    full = f"{_OUTER}{_INNER}{_times(max(least - 1, 0), None if most is None else most - 1)}"
    return f'"{full}"' if least else f'"(?:{full})?"'


def _times(least: int, most: int | None) -> str:
    return f"{{{least},{'' if most is None else most}}}"
