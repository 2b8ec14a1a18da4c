"""Non-words of a text: letters that look like a word of the language and are none. Prefers silence to a false alarm."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from typing import NamedTuple

from review.text.spelling.lexicon import LONGEST, after_elision, is_word

# Letters with the marks that stand on them, and with soft hyphens.
_LETTERS = r"[^\W\d_]++(?:[\u0300-\u036f\u00ad]++[^\W\d_]*+)*+"
_WORD = re.compile(rf"{_LETTERS}(?:['\u2019]{_LETTERS})*+")
# None of these is tried again from each character of a long run: a text of a megabyte is read in one go.
# Slots, placeholders, marks of markup.
_BRACKETED = re.compile(r"\{\{[^{}]*\}\}|\[[^\[\]\n]{0,60}\]|<[^<>\n]{0,200}>|&\w+;")
# Links, addresses, paths; names of files and hosts; codes.
_NO_PROSE = re.compile(
    r"(?<!\S)[^\s@$\\/_=|~^*#]*+[@$\\/_=|~^*#]\S*|www\.\S+|"
    r"(?<![^\W_])(?:[^\W_]++(?:\.[^\W_]++)+|[^\W\d_]*+\d[\w'\u2019.-]*)",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[a-zß-öø-ÿāăąćčďđēęěğīıłńňőœřśşšťūůűźżžș'\u2019]+", re.IGNORECASE)
_BEFORE_A_SENTENCE = frozenset('.!?…:;\n"“”„(«»•*–—|>')
# The full stop of a title ends no sentence: a name follows.
_TITLE, _LONGEST_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|St|Ste)\.$"), 6
_DETERMINERS_TEXT = """
    der die das den dem des ein eine einen einem einer eines kein keine keinen keiner ihr ihre ihren ihrem ihrer ihres
    unser unsere unseren unserem unserer mein meine meinen meiner sein seine seinen seiner diese dieser diesen diesem
    dieses jede jeder jeden jedes zum zur im am beim vom ins ans welche welcher alle
"""
_DETERMINERS = frozenset(_DETERMINERS_TEXT.split())
# Shorter words are abbreviations too often: "Mrz", "déc", "bijv".
_SHORTEST, _SHORTEST_ENGLISH = 5, 3


class SpelledText(NamedTuple):
    """Number of words in a text, and the places of its non-words.

    Attributes:
        words: Words of prose: letters alone, links, codes and slots aside.
        nonwords: Start and end of each non-word, in code points.
    """

    words: int
    nonwords: list[tuple[int, int]]


def read(text: str, language: str, accepted_words: Container[str]) -> SpelledText:
    """Find the non-words of a text.

    Args:
        language: One of `lexicon.LANGUAGES`.
        accepted_words: Case-folded words that are right here whatever the language says: those of facts and task.

    Names are let pass: a capitalised word is looked at only where its language says that it is no name.
    """
    prose = _NO_PROSE.sub(_blank, _BRACKETED.sub(_blank, text))
    matches = list(_WORD.finditer(prose))
    words = [_composed(match.group()) for match in matches]
    wrong = [
        match.span()
        for index, (match, word) in enumerate(zip(matches, words, strict=True))
        if _is_read(word, prose, matches, index, language) and not _is_known(word, language, accepted_words)
    ]
    return SpelledText(len(matches), wrong)


def _composed(word: str) -> str:
    """A word with each letter and its marks as one character, and without soft hyphens."""
    # Marks are put in order by a search that takes the square of their number.
    if word.isascii() or len(word) > 4 * LONGEST:
        return word
    return unicodedata.normalize("NFC", word.replace("\u00ad", ""))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _is_known(word: str, language: str, accepted_words: Container[str]) -> bool:
    if len(word) > LONGEST:
        return word.casefold() in accepted_words
    straight = word.replace("\u2019", "'")
    bare = straight.casefold().removesuffix("'s")
    forms = {bare, after_elision(bare, language)}
    return any(form in accepted_words or form.removesuffix("s") in accepted_words for form in forms) or is_word(
        straight.lower(), language
    )


def _is_read(word: str, prose: str, matches: list[re.Match[str]], index: int, language: str) -> bool:
    """Return whether to look a word up: it is no name, no abbreviation and no part of a code."""
    shortest = _SHORTEST_ENGLISH if language == "en" else _SHORTEST
    if len(word) < shortest or not word[1:].islower() or not _LATIN.fullmatch(word):
        return False
    start, end = matches[index].span()
    # Parts of words with a hyphen are often clipped: "pre-", "-wise", "fin-tech".
    if "-" in (prose[start - 1 : start], prose[end : end + 1]) and len(word) <= _SHORTEST:
        return False
    if prose[end : end + 1] == "." and prose[end + 1 : end + 3].strip()[:1].islower() and len(word) <= _SHORTEST:
        return False
    return not word[0].isupper() or _is_no_name(prose, matches, index, language)


def _is_no_name(prose: str, matches: list[re.Match[str]], index: int, language: str) -> bool:
    """Return whether a capital marks no name.

    It marks none on a sentence's first word before small letters, or on a German noun after its article.
    """
    match = matches[index]
    following = matches[index + 1] if index + 1 < len(matches) else None
    goes_on = following is not None and prose[match.end() : following.start()] == " " and following.group()[0].islower()
    before = match.start() - 1
    while before >= 0 and prose[before] in " \t":
        before -= 1
    if language == "de" and index and prose[matches[index - 1].end() : match.start()] == " ":
        return matches[index - 1].group().lower() in _DETERMINERS and (
            goes_on or prose[match.end() : match.end() + 1] in ".,!?"
        )
    return (
        goes_on
        and (before < 0 or prose[before] in _BEFORE_A_SENTENCE)
        and not _TITLE.search(prose[max(0, before - _LONGEST_TITLE) : before + 1])
    )
