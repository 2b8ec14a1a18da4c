"""Quick looks that tell for most texts that no number is in them which could be part of personal data.

They may say yes where there is nothing, and no only where a pattern would find nothing within the reach it is given.
They know single characters and no words: a text is turned into four signs in one pass, and one run of signs is looked
for.
"""

from __future__ import annotations

import re

_GAPS = " ./()-\u00a0\u2011"
_PHONE_DIGITS = b"0" * 6
_YEAR_DIGITS = b"0" * 4
_NUMBER = b" 0"
# A character outside of ASCII is taken for a question mark, and so for no letter before a digit, and for a gap within a
# run.
_BETWEEN = _GAPS.encode("ascii", "replace")
_RUNS = bytes(ord("0" if chr(code) in "0123456789" else "a") for code in range(256))
_WORDS = bytes(sign if re.match(r"\w", chr(code), re.ASCII) else ord(" ") for code, sign in enumerate(_RUNS))
_GROUPS = b" -?"
_CASES = (
    bytes(ord("0" if sign.isdigit() else "A" if sign.isupper() else " ") for sign in map(chr, range(128))) + b" " * 128
)
_POINTS = bytes(ord("." if code == ord(".") else chr(_RUNS[code])) for code in range(256))
_IBAN_HEAD, _POINT_BETWEEN = b"AA00", b"0.0"
_FOREIGN_DIGIT = re.compile(r"(?=[^\x00-\x7f])\d")


def may_hold_phone(text: str) -> bool:
    """Return whether six digits occur with only separators of numbers between them, or any digit outside ASCII."""
    raw = text.encode("ascii", "replace")
    return _PHONE_DIGITS in raw.translate(_RUNS, _BETWEEN) or _has_foreign_digit(text)


def may_hold_groups(text: str, digits: int) -> bool:
    """Return whether so many digits occur with only blanks and hyphens between them."""
    return b"0" * digits in text.encode("ascii", "replace").translate(_RUNS, _GROUPS)


def may_hold_iban(text: str) -> bool:
    """Return whether two capitals occur right before two digits."""
    return _IBAN_HEAD in text.encode("ascii", "replace").translate(_CASES)


def may_hold_ipv4(text: str) -> bool:
    """Return whether points between digits are as many as in an IPv4 address."""
    # Single digits are counted for every second point alone.
    return text.encode("ascii", "replace").translate(_POINTS).count(_POINT_BETWEEN) >= 2


def may_hold_date(text: str) -> bool:
    """Return whether four digits occur in a row, or a phone number may occur."""
    raw = text.encode("ascii", "replace").translate(_RUNS)
    return _YEAR_DIGITS in raw or may_hold_phone(text)


def around_numbers(text: str, before: int, after: int) -> str:
    """Return the text around numbers that stand alone, such as house numbers; empty without any.

    A text with digits outside ASCII is returned whole.

    Args:
        before: So many characters before each.
        after: So many after its first digit.
    """
    if _has_foreign_digit(text):
        return text
    signs = b" " + text.encode("ascii", "replace").translate(_WORDS)
    pieces, end, at = [], 0, signs.find(_NUMBER)
    while at >= 0:
        pieces.append(text[max(end, at - before) : at + after])
        end = at + after
        # The next one may stand within the piece that was taken.
        at = signs.find(_NUMBER, at + 1)
    return "".join(pieces)


def _has_foreign_digit(text: str) -> bool:
    return not text.isascii() and _FOREIGN_DIGIT.search(text) is not None
