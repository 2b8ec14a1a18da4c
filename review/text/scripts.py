"""Scripts without blanks between words, and the words of a text in any script: in those each character is one."""

from __future__ import annotations

import re
from typing import Final

# For a class of a pattern: Han, kana and bopomofo with their extensions; Thai, Lao, Khmer and Myanmar with their marks.
WITHOUT_BLANKS: Final = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
# Edges of a word or phrase inside a text; one of these scripts may begin and end anywhere.
WORD_START: Final = rf"(?:(?=[{WITHOUT_BLANKS}])|(?<![^\W{WITHOUT_BLANKS}]))"
WORD_END: Final = rf"(?:(?<=[{WITHOUT_BLANKS}])|(?![^\W{WITHOUT_BLANKS}]))"
_CHARACTER: Final = re.compile(rf"[{WITHOUT_BLANKS}]")
_RUN: Final = re.compile(r"\w+")
_RUN_OR_CHARACTER: Final = re.compile(rf"[^\W{WITHOUT_BLANKS}]+|[{WITHOUT_BLANKS}]")


def lacks_blanks(text: str) -> bool:
    """Return whether a text holds characters of these scripts."""
    return not text.isascii() and _CHARACTER.search(text) is not None


def words(text: str) -> list[str]:
    """Runs of letters, digits and underscores, in their order; of scripts without blanks single characters."""
    # Runs alone take half the time, and most texts hold nothing else.
    return (_RUN_OR_CHARACTER if lacks_blanks(text) else _RUN).findall(text)
