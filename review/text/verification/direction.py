"""Directions in a text: rises and falls, in words or by the numbers of two years. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, listed, words_of

_UP_TEXT = """
    increase increased increasing rise rose risen rising grow grew grown growing climb climbed raise raised raising \
surge
    surged soar soared soaring jump jumped expand expanded up higher gained doubled tripled growth upturn swell dearer
"""
_DOWN_TEXT = """
    decrease decreased fall fell fallen falling drop dropped decline declined reduce reduced plunge plunged shrink \
shrank
    shrunk shrinking lower lowered down slip slipped tumble tumbled slump slumped halved dip dipped sank slid downturn
    cheaper cut cutting dwindle dwindled
"""
WAYS = dict.fromkeys(listed(_UP_TEXT), True) | dict.fromkeys(listed(_DOWN_TEXT), False)
_NEAR = 5
_STOPS = listed("but while whereas although though and after despite as because than")
_BREAK = re.compile(r"[.,;:!?()\n]|\b(?:but|while|whereas|although|though|and|after|despite|as|because)\b")
# `2025: 1,180 (2024: 890)`, or a line each.
_TWO_YEARS = re.compile(
    r"^(.{0,60}?)\b((?:19|20)\d\d)\b[^\n\d]{0,6}([\d.,]+)[^\n]{0,40}?\b((?:19|20)\d\d)\b[^\n\d]{0,6}([\d.,]+)", re.M
)
_A_YEAR = re.compile(r"^(.{0,60}?)\b((?:19|20)\d\d)\b\W{0,6}([\d.,]+)", re.M)


def told_ways(text: str, words: Sequence[Word]) -> list[tuple[set[str], bool]]:
    """Each rise and fall of a passage, True for a rise, with the words about it; two years of a sheet tell one too."""
    found = [(about(text, words, index), WAYS[word.text]) for index, word in enumerate(words) if word.text in WAYS]
    for match in _TWO_YEARS.finditer(text):
        found += _between(match[1], (match[2], match[3]), (match[4], match[5]))
    single = list(_A_YEAR.finditer(text))
    for one, other in pairwise(single):
        if one[1].strip() == other[1].strip():
            found += _between(one[1], (one[2], one[3]), (other[2], other[3]))
    return found


def _between(key: str, year: tuple[str, str], other: tuple[str, str]) -> Iterator[tuple[set[str], bool]]:
    (_, first), (_, last) = sorted((year, other))
    numbers = [float(each.replace(",", "").rstrip(".") or 0) for each in (first, last) if each.count(".") < 2]
    if len(numbers) == 2 and numbers[0] != numbers[1]:
        yield {word.root for word in words_of(key) if word.text not in SMALL}, numbers[1] > numbers[0]


def about(text: str, words: Sequence[Word], index: int) -> set[str]:
    """Roots of the telling words about one, in its clause."""
    found: set[str] = set()
    for step in (-1, 1):
        at, count = index, 0
        while 0 <= at + step < len(words) and count < _NEAR:
            left, right = sorted((at, at + step))
            if _BREAK.search(text, words[left].end, words[right].start) or words[at + step].text in _STOPS:
                break
            at += step
            if words[at].text not in SMALL and words[at].text not in WAYS:
                found.add(words[at].root)
                count += 1
    return found
