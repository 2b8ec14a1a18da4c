"""Rules on names and quotes: names in their normal forms, names changed in part, titles, quotes. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache

from review.text.personal_data.given_names import given_names
from review.text.reading.names import COMMON, opens_sentence, unknown_names
from review.text.verification import forms
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.source import SourceText
from review.text.verification.thesaurus import SMALL, sex_of
from review.text.verification.words import listed, root, stem, words_of

_QUOTED = re.compile(r"[\"\u201c\u201e\u00ab]([^\"\u201c\u201d\u00ab\u00bb\n]{3,400})[\"\u201d\u201c\u00bb]")
# Fewer words between quotation marks are a name or an irony.
_QUOTE_WORDS = 3
_TITLED = re.compile(r"\b(Mr|Mrs|Ms|Miss|Sir|Lady)\b\.?\s+([A-Z][\w'\u2019-]+)")
_SEX = {"Mr": "m", "Sir": "m", "Mrs": "f", "Ms": "f", "Miss": "f", "Lady": "f"}
# A passage that names a sex so often speaks of persons of it.
_SPOKEN_OF = 2
_MANY = listed("men women boys girls")
_CAPITAL_BEFORE = re.compile(r"([A-Z][\w'\u2019.-]*) (?:(?:of|the|&|de|van|von|la) )*$")
_CAPITAL_AFTER = re.compile(r" (?:(?:of|the|&|de|van|von|la) )*([A-Z][\w'\u2019-]*)")
# Words of so many letters in which at most so many are others are one word spelt in two ways.
_LONG, _OTHER_LETTERS = 4, 2
# Lands and offices that their press takes for granted.
_OF_READERS = listed("england english britain british uk us usa america american wales welsh scotland scottish mp mps")
# Words with which a sentence gives one thing two names.
_NAMING = re.compile(r"\b(?:(?:re)?nam(?:e|es|ed|ing)|called|known|formerly|now|alias|aka|a\.k\.a)\b", re.IGNORECASE)
_SUFFIXES = listed("inc ltd llc llp plc corp corporation co company gmbh ag sa limited group holdings incorporated")


def names(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Names of which the passage holds no part and no form; a first name may be added to a surname."""
    text, source = sentence.text[sentence.start : sentence.end], sentence.source
    for start, end in unknown_names(text, source.name_words, given_names=given_names(), places=_places()):
        name = text[start:end]
        if not (
            (_is_part(text, start, end, source) and not _has_rival(name, sentence))
            or is_other_form(name, source)
            or _is_respelt(name, source)
            or _is_of_readers(name, sentence)
        ):
            start, end = sentence.start + start, sentence.start + end
            yield Unsupported(start, end, "The passage does not hold this name", "name", 0.85)


def _is_part(text: str, start: int, end: int, source: SourceText) -> bool:
    """Return whether a capitalised word beside these is of the passage, as the surname of a person is."""
    beside = (_CAPITAL_BEFORE.search(text, 0, start), _CAPITAL_AFTER.match(text, end))
    named = (match[1] for match in beside if match and not opens_sentence(text, match.start(1)))
    words = {word for name in named for word in (forms.name_words(name)[0], *name.lower().split("-"))}
    return not source.name_words.isdisjoint(words - COMMON)


def _is_respelt(name: str, source: SourceText) -> bool:
    """Return whether the passage spells a name nearly alike: `Clark` for `Clarke`, `Superbowl` for `Super Bowl`."""
    words = forms.name_words(name)
    if len(joined := "".join(words).replace("-", "")) >= _LONG and joined in source.unspaced:
        return True
    return any(is_near(word, other) for word in words for other in source.name_words)


def _is_of_readers(name: str, sentence: ClaimSentence) -> bool:
    """Return whether a press takes a name for granted, and nothing else of its kind is named close by."""
    return name.lower() in _OF_READERS and not _has_rival(name, sentence)


def _has_rival(name: str, sentence: ClaimSentence) -> bool:
    """Return whether another thing of the kind of a name, such as another land, is named close by."""
    source = sentence.source
    others = [place for other in source.opposites(stem(name.lower())) for place in source.stems[other]]
    return any(source.sentence_of(place) in sentence.closest for place in others)


@cache
def _places() -> frozenset[str]:
    return frozenset(word.capitalize() for word in forms.places())


def is_near(word: str, other: str) -> bool:
    """Return whether two words are nearly spelt alike."""
    if word[:1] != other[:1] or min(len(word), len(other)) < _LONG or abs(len(word) - len(other)) > _OTHER_LETTERS:
        return False
    if len(set(word) ^ set(other)) > _OTHER_LETTERS:
        return False
    same = sum(block.size for block in SequenceMatcher(None, word, other, autojunk=False).get_matching_blocks())
    return len(word) + len(other) - 2 * same <= _OTHER_LETTERS


def may_be_one(name: str, other: str) -> bool:
    """Return whether two names may name one thing: spelt nearly alike, short for one another, a land and its people."""
    words, others = forms.name_words(name), forms.name_words(other)
    if any(is_near(word, its) or word[:3] == its[:3] for word in words for its in others):
        return True
    initials = {"".join(word[0] for word in side) for side in (words, others)}
    if not initials.isdisjoint((*words, *others)):
        return True
    return not forms.equivalents(name.lower(), set(words)).isdisjoint(others)


def are_told_as_one(name: str, other: str, source: SourceText) -> bool:
    """Return whether the passage gives two names to one thing: *Facebook, now called Meta*, *Meta (Facebook)*."""
    for start, end in source.sentences:
        told = source.text[start:end]
        if name in told and other in told:
            in_brackets = any(f"{one} ({two}" in told for one, two in ((name, other), (other, name)))
            if in_brackets or _NAMING.search(told):
                return True
    return False


def changed_names(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Names of several words of which the passage has another, and has nowhere the word in which they differ."""
    for match in forms.long_names(sentence.text, sentence.start, sentence.end):
        words = forms.name_words(match.group())
        other = other_name(words, sentence.source, in_first=not opens_sentence(sentence.text, match.start()))
        if other and _differs(words, other, sentence.source):
            yield Unsupported(match.start(), match.end(), f"The passage names {' '.join(other)}", "name", 0.6)


def _differs(words: tuple[str, ...], other: tuple[str, ...], source: SourceText) -> bool:
    own, its = next((mine, theirs) for mine, theirs in zip(words, other, strict=True) if mine != theirs)
    # `Enfield-born Scowen` and `Leicester's Selby` hold no first name.
    if source.has(root(own)) or own in source.name_words or is_near(own, its):
        return False
    return own != words[0] or not re.search(r"\W", its + own)


def other_name(words: tuple[str, ...], source: SourceText, *, in_first: bool = False) -> tuple[str, ...] | None:
    """The name that the passage has where a text has this one, of which all words but one are the same."""
    if _SUFFIXES.intersection(words) or source.holds(words_of(" ".join(words))):
        return None
    # `Acme Team` beside `Acme Robotics` is no other name where the passage speaks of a team.
    is_described = len(words) == 2 and source.has_small(words[1])
    return None if is_described else source.names.differing_in_one(words, in_first=in_first)


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


def other_sex(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """*She* and *her* where the passage speaks only of men, and *he* and *his* where it speaks only of women."""
    spoken = sentence.source.sexes
    for word in sentence.words if min(spoken) == 0 and max(spoken) >= _SPOKEN_OF else ():
        sex = sex_of(word.text)
        if sex is not None and not spoken[sex] and word.text not in _MANY:
            yield Unsupported(word.start, word.end, "The passage speaks of nobody of this sex", "name", 0.7)


def quotes(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words between quotation marks of which the passage does not hold the half."""
    for match in _QUOTED.finditer(sentence.text, sentence.start, sentence.end):
        words = words_of(match[1])
        telling = [word for word in words if word.text not in SMALL]
        held = sum(sentence.source.has(word.root) for word in telling)
        if len(words) >= _QUOTE_WORDS and 2 * held < len(telling):
            yield Unsupported(match.start(1), match.end(1), "The passage does not hold this quote", "quote", 0.7)


def is_other_form(name: str, source: SourceText) -> bool:
    """Return whether a name is an acronym of the passage's words, or the words of one, or has a legal ending more."""
    words = [word.lower().replace(".", "") for word in re.split(r"[\s-]+", name)]
    known = source.name_words
    if all(word in known or word in _SUFFIXES or word in SMALL for word in words):
        return True
    letters = re.sub(r"[.&]", "", re.split(r"['\u2019]", name)[0])
    if 2 <= len(letters) <= 6 and sum(letter.isupper() for letter in letters) >= 2:
        return letters.lower().rstrip("s") in known
    telling = [word for word in words if word not in SMALL]
    return len(telling) >= 2 and "".join(word[:1] for word in telling) in known
