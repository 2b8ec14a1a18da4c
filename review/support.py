"""Which sentences of a draft rest on which facts: by shared numbers, names and telling words.

Pure Python and approximate on purpose: it points the eye, it judges nothing (the checks do that). It knows no grammar;
words are compared by their beginnings, which serves the languages written with spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from review.schema import Facts

_SENTENCE = re.compile(r"[^\s.!?][^\n]*?(?:[.!?]+(?=[\s\"'”)]|$)|(?=\n)|$)")
_WORD = re.compile(r"[^\W\d_]{2,}|\d[\d.,]*\d|\d")
_ADDRESS = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?(?<![\d.])")
_STEM = 5
_SHORTEST = 4
# Words that link a sentence to a fact by chance, in English and German.
_EMPTY = frozenset(
    _WORD.findall(
        "about after also been before being could does down each from have into just like made make many more most "
        "much only other over should some such than that their them then there these they this those through very "
        "want were what when where which while will with would your yours aber auch dass dein denn doch eine einem "
        "einen einer eines haben ihre ihrem ihren ihrer kann mehr nach nicht noch oder ohne sein sich sind über unter "
        "vom werden wird ihnen company team teams people"
    )
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the facts it rests on.

    Attributes:
        start: First character, in code points of the text.
        end: One past the last character.
        facts: Names of facts, in the order of the record.
    """

    start: int
    end: int
    facts: tuple[str, ...]


def sentences(text: str, facts: Facts) -> list[Sentence]:
    """Sentences of a text that rest on at least one fact, in their order."""
    keys = {name: found for name, value in facts.items() if (found := _keys(_said(value)))}
    result = []
    for start, end in _spans(text):
        words = _keys(text[start:end])
        supported = tuple(name for name, wanted in keys.items() if _rests_on(words, wanted))
        if supported:
            result.append(Sentence(start, end, supported))
    return result


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for match in _SENTENCE.finditer(text):
        if match.group().strip():
            yield match.start(), match.end()


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_said(part) for part in value.values())
    if isinstance(value, list):
        return " ".join(_said(part) for part in value)
    # A web address is no word anyone writes in a sentence, though it begins like the company's name.
    return "" if value is None or isinstance(value, bool) or _ADDRESS.fullmatch(str(value).strip()) else str(value)


@lru_cache(maxsize=4096)
def _keys(text: str) -> frozenset[str]:
    """What a text can be recognised by: stems of telling words, names, and numbers without their separators."""
    keys = set()
    for word in _WORD.findall(text):
        if word[0].isdigit():
            keys.add(word.replace(",", "").replace(".", ""))
        elif (len(word) >= _SHORTEST or word.isupper()) and word.casefold() not in _EMPTY:
            keys.add(word.casefold()[:_STEM])
    return frozenset(keys)


def _rests_on(words: frozenset[str], wanted: frozenset[str]) -> bool:
    shared = words & wanted
    if any(key.isdigit() and len(key) > 1 for key in shared):
        return True
    # One telling word is enough for a short fact; a long note shares one with many sentences by chance.
    return len(shared) >= (1 if len(wanted) <= 2 else 2)
