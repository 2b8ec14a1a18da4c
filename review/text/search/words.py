"""Words as the text index knows them: without case and accents, each with its place in the text. Pure Python.

Both databases index what stands here and nothing else, so that they find the same: their own parsers are given words of
letters and digits alone, which they leave whole. Scripts that put no blanks between words (Chinese, Japanese, Thai) are indexed
by the character; a run of them is asked for as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from review.text.scripts import WITHOUT_BLANKS

# Beyond this a text is found by its beginning only: PostgreSQL keeps a megabyte of words a row, and no mail is as long.
LONGEST_TEXT = 100_000
# Longer runs of letters are data, not words, and PostgreSQL refuses those over two kilobytes.
LONGEST_WORD = 100
# Marks above and below Thai letters are no words by themselves, and both databases would drop them.
_PIECE = re.compile(rf"(?=\w)[{WITHOUT_BLANKS}]|[^\W_{WITHOUT_BLANKS}]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")


class Word(NamedTuple):
    """One word of a text: how it is indexed, and where it stands."""

    folded: str
    start: int
    end: int


def tidy(text: str) -> str:
    """The text as places count in it: composed characters, cut to what is indexed."""
    return unicodedata.normalize("NFC", text[:LONGEST_TEXT])


def words(text: str) -> Iterator[Word]:
    """Words of a text in order; places are those of `tidy(text)`."""
    for match in _PIECE.finditer(tidy(text)):
        for folded in _fold(match.group()):
            yield Word(folded, match.start(), match.end())


def folded(text: str) -> list[str]:
    """The words of a text as they are indexed, without their places."""
    if text.isascii():
        return [word[:LONGEST_WORD] for word in _ASCII_WORD.findall(text[:LONGEST_TEXT].lower())]
    return [word.folded for word in words(text)]


def _fold(piece: str) -> list[str]:
    if piece.isascii():
        return [piece.lower()[:LONGEST_WORD]]
    parted = unicodedata.normalize("NFKD", piece)
    plain = "".join(character for character in parted if not unicodedata.combining(character)).casefold()
    return [word[:LONGEST_WORD] for word in _PIECE.findall(plain)]
