"""Words and sentences of plain text. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from review.text.scripts import WORD_END, WORD_START

WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
# A full stop ends a sentence only before a blank or the end: 1.5, a.o.smith.com and e.g. stay whole.
_SENTENCE = re.compile(
    r"[^\s.!?…。\uff01\uff1f](?:[^\n.!?…。\uff01\uff1f]|[.!?…](?![\s\"'”\u2019)\]]|$))*[.!?…。\uff01\uff1f]*",
    re.MULTILINE,
)

# Languages with blanks between words; in others counts and runs of words mean nothing.
_SPACED_TEXT = """
    bg ca cs cy da de el en es et eu fi fr ga gl hr hu id is it lt lv mk ms mt nb nl no pl pt ro ru sk sl sq sr sv tr uk
"""
SPACED = frozenset(_SPACED_TEXT.split())

# What patterns that ignore case take for i, s and k beside those: dotless and dotted i, long s, the sign of kelvin.
_TAKEN_FOR = str.maketrans("\u0131\u0130\u017f\u212a", "iisk")


def lowered(match: str) -> str:
    """Write the match of a pattern that ignores case in the letters that tables of words hold."""
    return match.translate(_TAKEN_FOR).lower()


def sentences(text: str) -> Iterator[re.Match[str]]:
    """Yield the sentences of a text with their places; a line break also ends a sentence."""
    return _SENTENCE.finditer(text)


def blanked(text: str, pattern: re.Pattern[str]) -> str:
    """Replace every match by as many blanks, so that places stay."""
    return pattern.sub(lambda match: " " * len(match.group()), text)


def without_addresses(text: str) -> str:
    """Replace links and mail addresses by blanks."""
    # Most texts have neither, and looking for their characters costs a hundredth of the patterns.
    if "://" in text or "www." in text.lower():
        text = blanked(text, URL)
    return blanked(text, EMAIL) if "@" in text else text


class Phrases:
    """Search of one text for patterns of whole words, each only where the text has its longest plain part."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._keyed = [(_plain_part(pattern), index, pattern) for index, pattern in enumerate(patterns)]

    def find(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Yield every match with the index of its pattern; matches of one pattern do not overlap."""
        lower = text.lower()
        for key, index, pattern in self._keyed:
            if key in lower:
                for match in _whole_words(pattern).finditer(text):
                    yield index, match


@lru_cache(maxsize=1024)
def _whole_words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of whole words when a text first needs it: some hundred at each start take a second."""
    # The edges have no case, and to compile their long classes without takes a third of the time.
    return re.compile(f"{WORD_START}(?i:{pattern}){WORD_END}")


def _plain_part(pattern: str) -> str:
    bare = re.sub(r"\(\?.*?\)|\[[^\]]*\][+*?]?|\\.[+*?]?(?:\{[^}]*\})?|.[?*]", "|", pattern)
    return max(re.findall(r"[^\W\d_]+", bare.lower()), key=len, default="")
