"""Texts of drafts and facts as the index holds them: words without case and accents, each with its place. Pure Python.

Both databases index what stands here and nothing else, so that they find the same: their own parsers are given words of
letters and digits alone, which they leave whole. Scripts that put no blanks between words (Chinese, Japanese, Thai) are
indexed by the character; a run of them is asked for as a phrase.

A mark belongs to the letter before it. Marks that readers leave out fall away: accents, Arabic harakat, Hebrew niqqud,
the nukta. Marks that make another word stay: vowel signs and viramas of Indic scripts, vowels and tones of Thai, Lao
and Tibetan. Databases would cut words at those, so they are indexed as the digits of their code point.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from review.text.scripts import WITHOUT_BLANKS

# Beyond this a text is found by its beginning only: PostgreSQL keeps a megabyte of words a row, and no mail is as long.
LONGEST_TEXT = 100_000
# Longer runs of letters are data, not words, and PostgreSQL refuses those over two kilobytes.
LONGEST_WORD = 100
_PIECE = re.compile(rf"(?=\w)[{WITHOUT_BLANKS}]|[^\W_{WITHOUT_BLANKS}]+")
_MARK = regex.compile(r"\p{M}")
# A joiner behind a mark asks for a shape of letters; elsewhere it parts words.
_MARKS = r"(?:\p{M}[\u200c\u200d]?)*"
_MARKED_PIECE = regex.compile(rf"(?=\w)[{WITHOUT_BLANKS}]{_MARKS}|(?:[^\W_{WITHOUT_BLANKS}]{_MARKS})+")
# Classes of marks that fall away (UAX 44): overlays and nuktas, Hebrew and Arabic points, accents above and below.
_OVERLAY, _NUKTA, _POINTS, _ACCENTS = 1, 7, range(10, 37), 200
_ALONE = re.compile(rf"[{WITHOUT_BLANKS}]")
# Joiners of graphemes and selectors of variants: marks that nobody sees.
_NO_SIGN = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Letters with a stroke, and joined ones, are no letter with a mark to Unicode; readers leave them out all the same.
_STROKED = str.maketrans(
    {"đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "ł": "l", "ø": "o", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
_TATWEEL = "\u0640"
_VOICED = re.compile("[\u3099\u309a]")
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
    text = tidy(text)
    pieces = _MARKED_PIECE if _MARK.search(text) else _PIECE
    for match in pieces.finditer(text):
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
    is_alone = _ALONE.match(piece) is not None
    # Their compatibility forms part what is one letter, such as the Thai sara am.
    parted = piece if is_alone else unicodedata.normalize("NFKD", piece)
    plain = "".join(map(_folded_sign, parted)).casefold().translate(_STROKED)
    if is_alone:
        return [plain]
    if _VOICED.search(parted):
        plain = unicodedata.normalize("NFC", plain)
    return [word[:LONGEST_WORD] for word in _PIECE.findall(plain)]


@lru_cache(maxsize=4096)
def _folded_sign(sign: str) -> str:
    """Return a letter as it is, nothing for a mark that falls away, and the digits of one that stays."""
    if sign == _TATWEEL or unicodedata.category(sign) in ("Cf", "Me"):
        return ""
    if not unicodedata.category(sign).startswith("M") or _VOICED.match(sign):
        return sign
    order = unicodedata.combining(sign)
    if order in (_OVERLAY, _NUKTA) or order in _POINTS or order >= _ACCENTS or _NO_SIGN.match(sign):
        return ""
    return f"{ord(sign):x}"


def texts_of_fields(fields: Mapping[str, Any]) -> str:
    """All texts of a draft in the order of its fields, those in lists among them."""
    return "\n".join(_texts(fields.values()))


def texts_of_facts(facts: Mapping[str, Any]) -> str:
    """All facts of a record."""
    return "\n".join(_texts(facts.values()))


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _texts(value)
        elif value is not None and value != "" and not isinstance(value, bool):
            yield str(value)
