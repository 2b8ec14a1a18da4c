"""A text as the words that overlap is counted in, in any script.

In plain English they are those of the rouge-score package: lower case, letters and digits, all else between words. A
letter keeps its marks, and scripts that put no blanks between words are read character by character.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from review.text.scripts import WITHOUT_BLANKS

_WITHOUT_BLANKS: Final = re.compile(f"[{WITHOUT_BLANKS}]")
_PLAIN: Final = re.compile(r"[a-z0-9]+")


def words(text: str) -> list[str]:
    """Words of a text in lower case, in their order."""
    folded = unicodedata.normalize("NFC", text.lower())
    return _PLAIN.findall(folded) if folded.isascii() else _of_any_script(folded)


def _of_any_script(text: str) -> list[str]:
    result: list[str] = []
    is_open = False
    for sign in text:
        kind = unicodedata.category(sign)[0]
        if kind == "M" and result and is_open:
            result[-1] += sign
        elif kind not in "LN":
            is_open = False
        elif _WITHOUT_BLANKS.match(sign):
            result.append(sign)
            is_open = True
        elif is_open and not _WITHOUT_BLANKS.match(result[-1][0]):
            result[-1] += sign
        else:
            result.append(sign)
            is_open = True
    return result
