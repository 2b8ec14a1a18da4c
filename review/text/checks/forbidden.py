"""Forbidden phrases of the offer, in any case and with the usual endings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import Phrases
from review.text.scripts import WITHOUT_BLANKS, lacks_blanks

LABEL, NAME = "Forbidden phrases", _("forbidden")
DESCRIPTION = "The offer's forbidden phrases, in any ending."
LANGUAGES: frozenset[str] | None = None
_ENDING = re.compile(r"(?:ations?|aries|ary|ingly|ings?|edly|ed|ers?|ies|es|e|s|y|ly)$")
_SHORTEST_STEM = 4
# Marks of vowels and tones are no letters, and belong to a word.
_WORD = re.compile(rf"(?:\w|[{WITHOUT_BLANKS}])+")


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader for the phrases, or None where the offer forbids none."""
    phrases = [phrase for phrase in spec.offer.forbidden_phrases if re.search(r"\w", phrase)]
    if not phrases:
        return None
    patterns = Phrases([_pattern(phrase) for phrase in phrases])

    def read(passage: CheckedText) -> Iterator[Mark]:
        for index, match in patterns.find(passage.text):
            message = f"The offer forbids '{phrases[index]}'"
            yield Mark("forbidden", passage.field, match.start(), match.end(), message, "error", "Leave it out.")

    return read


def _pattern(phrase: str) -> str:
    return r"[\W_]+".join(_word(word) for word in _WORD.findall(phrase))


def _word(word: str) -> str:
    """Match a word, or its stem with a short ending: 'changer' matches 'changing', 'in' only 'in'."""
    stem = _ENDING.sub("", word.lower())
    if lacks_blanks(word):
        return re.escape(word)
    if len(word) <= _SHORTEST_STEM or len(stem) < _SHORTEST_STEM:
        return re.escape(word) + (r"(?:e?s)?" if len(word) >= _SHORTEST_STEM else "")
    return re.escape(stem) + rf"[^\W{WITHOUT_BLANKS}]{{0,5}}"
