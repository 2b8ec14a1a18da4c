"""The words of a language: listed ones, and those that its rules make of them.

The lists come from two packages, both MIT: pyspellchecker (words of film subtitles) and simplemma (word forms of
dictionaries). `later_words.txt` adds what business writes and neither holds. A list is read when a text of its language
is first looked at.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "nl"})
# Where the second list tells more than its memory costs; German and Dutch make compounds by rule.
_IN_BOTH_LISTS = frozenset({"en", "es", "fr", "it"})
# English words stand in texts of every language; shorter ones are too often something else.
_SHORTEST_LOAN = 4
# Words beyond this are no words of a person; taking them apart would cost time.
LONGEST = 60
LATER = Path(__file__).with_name("later_words.txt")
_SHORTEST_STEM, _SHORTEST_PART = 4, 4
# What may stand before a known English word.
_PREFIXED = re.compile(
    "(?:anti|auto|bio|counter|cyber|eco|geo|hyper|inter|micro|mini|mis|multi|nano|non|pre|re|semi|sub|tele|trans|ultra|un)"
    "(?=.{5,})"
)
# British spellings as the American ones, for what the lists hold in one of them alone.
_BRITISH = tuple(
    (re.compile(pattern), american)
    for pattern, american in (
        (r"our(?=$|s$|ed|ing|ful|able|ite|hood|er|al)", "or"),
        (r"is(?=e[drs]?$|ers$|ing|ation|able)", "iz"),
        (r"ys(?=e[drs]?$|ers$|ing)", "yz"),
        (r"re(?=s?$)", "er"),
        (r"ence(?=s?$)", "ense"),
        (r"ll(?=e[drs]|ing|or)", "l"),
    )
)
_ENGLISH_ENDINGS = (
    ("ies", "y"), ("es", ""), ("s", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("er", "e"), ("er", ""),
    ("ers", ""), ("ers", "e"), ("ly", ""), ("isation", "ize"), ("ization", "ize"),
)  # fmt: skip
# Letters between the parts of a compound.
_LINKS = {"de": ("", "s", "es", "n", "en", "er", "e"), "nl": ("", "s", "en", "e", "n")}
_ENDINGS = {
    "de": ("e", "en", "er", "es", "em", "n", "s", "st", "t", "te", "ten", "in", "innen"),
    "nl": ("e", "en", "s", "er", "t", "je", "jes"),
    "fr": ("s", "e", "es", "x"),
    "es": (
        "s",
        "es",
        "me",
        "te",
        "se",
        "lo",
        "la",
        "le",
        "los",
        "las",
        "les",
        "nos",
        "melo",
        "mela",
        "selo",
        "sela",
        "noslo",
    ),
    "it": ("mi", "ti", "si", "ci", "vi", "lo", "la", "li", "le", "ne", "gli"),
}
# Marks above letters: all of them, and the stress of Spanish and Dutch alone, which moves with endings.
_ACCENTS, _STRESS = re.compile(r"[\u0300-\u036f]"), re.compile("\u0301")
_STRESSED = frozenset({"es", "nl"})
# An elided article or pronoun; what follows is a word of its own.
_ELIDED = {
    "fr": re.compile(r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quelqu)'(?=.)"),
    "it": re.compile(r"(?:\w{0,6}(?:l|n|t|d|v|s|m|c|r))'(?=.)"),
}


@cache
def _subtitle_words(language: str) -> frozenset[str]:
    packed = files("spellchecker").joinpath(f"resources/{language}.json.gz").read_bytes()
    later = LATER.read_text(encoding="utf-8").split() if language == "en" else ()
    return frozenset(json.loads(gzip.decompress(packed))).union(later)


def is_listed(word: str, language: str) -> bool:
    """Return whether a list of its language holds a word as it is."""
    if word in _subtitle_words(language):
        return True
    return language in _IN_BOTH_LISTS and _has_form()(word, language)


@cache
def _has_form() -> Callable[[str, str], bool]:
    # Its rules for forms, which are not asked here, cost every process a tenth of a second to import.
    from simplemma import is_known

    return is_known


@lru_cache(maxsize=50_000)
def is_word(word: str, language: str) -> bool:
    """Return whether a word, in small letters and with straight apostrophes, belongs to its language.

    Args:
        word: Letters, with apostrophes inside.
        language: One of `LANGUAGES`.
    """
    if is_listed(word, language):
        return True
    if len(word) > LONGEST:
        return False
    if (rest := after_elision(word, language)) != word:
        return len(rest) < _SHORTEST_STEM or is_word(rest, language)
    bare = re.sub(r"(?:'s|s'|')$", "", word)
    if bare != word and is_word(bare, language):
        return True
    if language == "en":
        return any(is_listed(form, language) for form in _english_forms(word))
    if _is_inflected(word, language) or (language in _LINKS and _is_compound(word, language)):
        return True
    return len(word) >= _SHORTEST_LOAN and is_listed(word, "en")


def after_elision(word: str, language: str) -> str:
    """Return a word without its elided article or pronoun; unchanged where it begins with none."""
    return _ELIDED[language].sub("", word, count=1) if language in _ELIDED else word


def _english_forms(word: str) -> Iterator[str]:
    """Spellings of which one has to be listed for an English word that is not."""
    plain = _without(_ACCENTS, word)
    bases = [plain]
    if prefix := _PREFIXED.match(plain):
        bases.append(plain[prefix.end() :])
    for base in bases:
        yield base
        for spelling in (base, *_american(base)):
            yield spelling
            for ending, stem_end in _ENGLISH_ENDINGS:
                stem = spelling.removesuffix(ending)
                # A second ending on the first, as in "makinging", is what a small model writes.
                if stem != spelling and len(stem) >= _SHORTEST_STEM and not stem.endswith(("ing", "ed", "s")):
                    yield stem + stem_end


def _american(word: str) -> Iterator[str]:
    for pattern, american in _BRITISH:
        if (spelling := pattern.sub(american, word, count=1)) != word:
            yield spelling


def _without(marks: re.Pattern[str], word: str) -> str:
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", marks.sub("", unicodedata.normalize("NFD", word)))


def _is_inflected(word: str, language: str) -> bool:
    forms = {word, _without(_STRESS, word)} if language in _STRESSED else {word}
    stems = {form[: -len(ending)] for form in forms for ending in _ENDINGS[language] if form.endswith(ending)}
    return any(len(stem) >= _SHORTEST_STEM and is_listed(stem, language) for stem in stems) or any(
        is_listed(form, language) for form in forms - {word}
    )


def _is_compound(word: str, language: str) -> bool:
    # Where a stem may end so that the rest is made of words, from the last part on: a search from the front would take
    # the same letters apart again and again.
    stops = set[int]()
    for start in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        rest = word[start:]
        if _is_joined(word, start, stops, language) or is_listed(rest, language) or _is_inflected(rest, language):
            stops.update(start - len(link) for link in _LINKS[language] if word.endswith(link, 0, start))
    return _is_joined(word, 0, stops, language)


def _is_joined(word: str, start: int, stops: Collection[int], language: str) -> bool:
    """Return whether a listed word goes from an offset to one of the stops."""
    return any(stop - start >= _SHORTEST_PART and is_listed(word[start:stop], language) for stop in stops)
