"""Phone numbers in running text: written internationally, with a trunk zero, as in North America, or after a cue.

Numbers alone are no phone numbers: dates, amounts, ranges, version numbers and network addresses are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.personal_data import prefilter

_GAP = r"[ \u00a0./()-]{0,3}"
_PATTERNS = (
    # +49 (0)30 1234567, 0044 20 7946 0958
    re.compile(rf"(?<![\w+])(?:\+|00)[1-9](?:{_GAP}\d){{6,13}}(?!\w)"),
    # 030 123456, (0171) 234-5678: an area code that begins with a zero, then a gap
    re.compile(r"(?<![\w+.,:/-])\(?0[1-9]\d{1,4}\)?[ \u00a0/-]{1,3}\d(?:[ \u00a0/-]?\d){4,9}(?![\w-]|[.,]\d)"),
    # (212) 555-0123, 212-555-0123, 212.555.0123
    re.compile(r"(?<![\w+.,-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}(?![\w-]|[.,]\d)"),
    # Tel. 4567 8910
    re.compile(
        r"\b(?:tel(?:ephone|efon)?|phone|mobile?|cell|fax|handy|whatsapp|call(?: me)?(?: at| on| under)?)"
        r"(?:[ .:]{1,3}(?:no|number|nr)?[ .:]{0,2})(?P<number>\(?\d(?:[ \u00a0./()-]{0,2}\d){5,13})(?!\w)",
        re.IGNORECASE,
    ),
)
# Six digits with no more than a few signs between each two: what every pattern needs, and few texts have.
_MAYBE = re.compile(r"\d(?:[ \u00a0./()-]{0,3}\d){5}")
_DATE = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_ADDRESS_ON_THE_NET = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where phone numbers stand."""
    if not (prefilter.may_hold_phone(text) and _MAYBE.search(text)):
        return
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            group = "number" if "number" in pattern.groupindex else 0
            if _is_number(match.group(group)):
                yield match.span(group)


def _is_number(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    return 6 <= digits <= 15 and not _DATE.fullmatch(text) and not _ADDRESS_ON_THE_NET.fullmatch(text)
