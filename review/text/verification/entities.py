"""Rules on names and quotes: names in their normal forms, names changed in part, titles, quotes. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.reading.names import unknown_names
from review.text.verification import forms
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.source import SourceText
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import listed, words_of

_QUOTED = re.compile(r"[\"\u201c\u201e\u00ab]([^\"\u201c\u201d\u00ab\u00bb\n]{3,400})[\"\u201d\u201c\u00bb]")
# Fewer words between quotation marks are a name or an irony.
_QUOTE_WORDS = 3
_TITLED = re.compile(r"\b(Mr|Mrs|Ms|Miss|Sir|Lady)\b\.?\s+([A-Z][\w'\u2019-]+)")
_SEX = {"Mr": "m", "Sir": "m", "Mrs": "f", "Ms": "f", "Miss": "f", "Lady": "f"}
_SUFFIXES = listed("inc ltd llc llp plc corp corporation co company gmbh ag sa limited group holdings incorporated")


def names(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Names of which the passage holds no form."""
    text = sentence.text[sentence.start : sentence.end]
    for start, end in unknown_names(text, sentence.source.name_words):
        if not is_other_form(text[start:end], sentence.source):
            start, end = sentence.start + start, sentence.start + end
            yield Unsupported(start, end, "The passage does not hold this name", "name", 0.85)


def changed_names(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Names of several words of which the passage has another: `Early Bird Offer` for `Early Bird Package`."""
    for match in forms.long_names(sentence.text, sentence.start, sentence.end):
        if other := other_name(forms.name_words(match.group()), sentence.source):
            yield Unsupported(match.start(), match.end(), f"The passage names {' '.join(other)}", "name", 0.6)


def other_name(words: tuple[str, ...], source: SourceText) -> tuple[str, ...] | None:
    """The name that the passage has where a text has this one, of which all words but one are the same."""
    if _SUFFIXES.intersection(words) or source.holds(words_of(" ".join(words))):
        return None
    # `Acme Team` beside `Acme Robotics` is no other name where the passage speaks of a team.
    is_described = len(words) == 2 and source.has_small(words[1])
    return None if is_described else source.names.differing_in_one(words)


def titles(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Titles that make another person of somebody: `Ms. Smith` for `Mr. Smith`."""
    for match in _TITLED.finditer(sentence.text, sentence.start, sentence.end):
        known = {_SEX[title] for title in _titles_of(match[2], sentence.source)}
        if known and _SEX[match[1]] not in known:
            yield Unsupported(match.start(), match.end(), "The passage gives this person another title", "name", 0.8)


def _titles_of(name: str, source: SourceText) -> Iterator[str]:
    first = words_of(name)[0]
    for place in source.places.get(first.root, ()):
        if place and (title := source.words[place - 1].text.capitalize()) in _SEX:
            yield title


def quotes(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words between quotation marks that the passage does not hold in this order."""
    for match in _QUOTED.finditer(sentence.text, sentence.start, sentence.end):
        words = words_of(match[1])
        if len(words) >= _QUOTE_WORDS and not sentence.source.holds(words):
            yield Unsupported(match.start(1), match.end(1), "The passage does not hold this quote", "quote", 0.7)


def is_other_form(name: str, source: SourceText) -> bool:
    """Whether a name is an acronym of words of the passage, or the words of an acronym, or has a legal ending more."""
    words = [word.lower().replace(".", "") for word in re.split(r"[\s-]+", name)]
    known = source.name_words
    if all(word in known or word in _SUFFIXES or word in SMALL for word in words):
        return True
    letters = re.sub(r"[.&]", "", re.split(r"['\u2019]", name)[0])
    if 2 <= len(letters) <= 6 and sum(letter.isupper() for letter in letters) >= 2:
        return letters.lower().rstrip("s") in known
    telling = [word for word in words if word not in SMALL]
    return len(telling) >= 2 and "".join(word[:1] for word in telling) in known
