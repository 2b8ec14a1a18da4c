"""The rule on which way things go: *fell* where the passage says *rose*, or has a smaller number of the year before. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from review.text.verification.finding import Unsupported
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, listed, root, words_of

if TYPE_CHECKING:
    from review.text.verification.claim import ClaimSentence

_UP_TEXT = """
    increase increased increasing rise rose risen rising grow grew grown growing climb climbed raise raised raising surge
    surged soar soared soaring jump jumped expand expanded up higher gained doubled tripled growth upturn swell dearer
"""
_DOWN_TEXT = """
    decrease decreased fall fell fallen falling drop dropped decline declined reduce reduced plunge plunged shrink shrank
    shrunk shrinking lower lowered down slip slipped tumble tumbled slump slumped halved dip dipped sank slid downturn
    cheaper cut cutting dwindle dwindled
"""
_WAYS = dict.fromkeys(listed(_UP_TEXT), True) | dict.fromkeys(listed(_DOWN_TEXT), False)
_NEAR = 5
# `up` and `down` tell a way before an amount alone.
_ADVERBS, _AMOUNT = listed("up down"), re.compile(r" (?:by |from |to |almost |about |nearly )?[$\u00a3\u20ac]?\d")
# Words that go with any rise.
_ANYTHING = frozenset(
    root(word) for word in listed("number figure new people year percent per cent month week last plan level rate")
)
_BREAK = re.compile(r"[.,;:!?()\n]|\b(?:but|while|whereas|although|though|and|after|despite|as|because)\b")
# `2025: 1,180 (2024: 890)`, or a line each.
_TWO_YEARS = re.compile(
    r"^(.*?)\b((?:19|20)\d\d)\b[^\n\d]{0,6}([\d.,]+)[^\n]*?\b((?:19|20)\d\d)\b[^\n\d]{0,6}([\d.,]+)", re.M
)
_A_YEAR = re.compile(r"^(.*?)\b((?:19|20)\d\d)\b\W*([\d.,]+)", re.M)


def other_way(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Rises told of what falls in the passage, and falls of what rises there."""
    source = sentence.source
    ways = [(index, _WAYS[word.text]) for index, word in enumerate(sentence.words) if word.text in _WAYS]
    if len({way for _, way in ways}) != 1 or sentence.cues:
        return
    for index, way in ways:
        if sentence.words[index].text in _ADVERBS and not _AMOUNT.match(sentence.text, sentence.words[index].end):
            continue
        about = _about(sentence.text, sentence.words, index) - source.common - _ANYTHING
        found = {other for roots, other in source.ways if roots & about}
        if found == {not way}:
            word = sentence.words[index]
            yield Unsupported(word.start, word.end, "In the passage it goes the other way", "antonym", 0.75)


def told_ways(text: str, words: Sequence[Word]) -> list[tuple[set[str], bool]]:
    """Each rise and fall of a passage, True for a rise, with the words about it; two years of a sheet tell one too."""
    found = [(_about(text, words, index), _WAYS[word.text]) for index, word in enumerate(words) if word.text in _WAYS]
    for match in _TWO_YEARS.finditer(text):
        found += _between(match[1], (match[2], match[3]), (match[4], match[5]))
    single = list(_A_YEAR.finditer(text))
    for one, other in pairwise(single):
        if one[1].strip() == other[1].strip():
            found += _between(one[1], (one[2], one[3]), (other[2], other[3]))
    return found


def _between(key: str, one: tuple[str, str], other: tuple[str, str]) -> Iterator[tuple[set[str], bool]]:
    (_, first), (_, last) = sorted((one, other))
    numbers = [float(each.replace(",", "").rstrip(".") or 0) for each in (first, last) if each.count(".") < 2]
    if len(numbers) == 2 and numbers[0] != numbers[1]:
        yield {word.root for word in words_of(key) if word.text not in SMALL}, numbers[1] > numbers[0]


def _about(text: str, words: Sequence[Word], index: int) -> set[str]:
    """Roots of the telling words about one, in its clause."""
    found: set[str] = set()
    for step in (-1, 1):
        at, count = index, 0
        while 0 <= at + step < len(words) and count < _NEAR:
            left, right = sorted((at, at + step))
            if _BREAK.search(text, words[left].end, words[right].start) or words[at + step].text in _STOPS:
                break
            at += step
            if words[at].text not in SMALL and words[at].text not in _WAYS:
                found.add(words[at].root)
                count += 1
    return found


_STOPS = listed("but while whereas although though and after despite as because than")
