"""Negation in a text: its cues and the words they reach. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, listed

_CUES_TEXT = """
    not no never none nor neither without cannot nobody nothing nowhere hardly barely scarcely unable non
    fail fails failed failing refuse refuses refused refusing decline declines declined declining lack lacks lacked
    lacking excluding except deny denies denied denying stop stops stopped avoid avoids avoiding prevent prevents
    yet dont doesnt didnt wont cant isnt arent wasnt werent
"""
CUES = frozenset(_CUES_TEXT.split())
# These verbs speak of what may happen, and deny nothing that did.
WARDING = listed("avoid avoids avoiding prevent prevents stop stops stopped deny denies denied non")
_PLAIN = listed("not no never cannot dont doesnt didnt wont cant isnt arent wasnt werent")
# These deny only with a verb after them, and stand for a fall elsewhere.
_WITH_A_VERB = listed("fail fails failed failing decline declines declined declining refuse refuses refused")
# What a cue reaches: so many telling words, not past the end of a clause.
REACH = 3
_BREAK = re.compile(r"[,;:.!?()\n]")
_SUBJECTS = listed("you we they it i he she there")


def is_cue(word: Word) -> bool:
    """Return whether a word negates the words after it."""
    return word.text in CUES or _is_short_not(word.text)


def is_plain(word: Word) -> bool:
    """Return whether a word denies and says nothing else, as `not` does and `lack` does not."""
    return word.text in _PLAIN or _is_short_not(word.text)


def _is_short_not(text: str) -> bool:
    return text[-1] == "t" and text.endswith(("n't", "n\u2019t"))


def cues(words: Sequence[Word]) -> list[int]:
    """Indices of words that deny."""
    return [index for index, word in enumerate(words) if is_cue(word) and not _is_phrase(words, index)]


def reached(text: str, words: Sequence[Word], cue: int) -> list[int]:
    """Indices of the telling words that a cue denies, the nearest first."""
    found = []
    for index in range(cue + 1, min(cue + 2 + 3 * REACH, len(words))):
        word = words[index].text
        if _BREAK.search(text, words[index - 1].end, words[index].start) or word == "but":
            break
        if word in _SUBJECTS and words[index - 1].text in {"and", "or", "so", "because", "if", "when"}:
            break
        if word not in SMALL:
            found.append(index)
            if len(found) == REACH:
                break
    return found


def _is_phrase(words: Sequence[Word], index: int) -> bool:
    """`not only`, `no longer than`, `no problem`, `cannot wait`: they deny nothing; so does a verb used otherwise."""
    word = words[index].text
    after = words[index + 1].text if index + 1 < len(words) else ""
    if word == "yet":
        return after != "to"
    if word in _WITH_A_VERB:
        return after != "to" and not after.endswith("ing")
    before = words[index - 1].text if index else ""
    return (word, after) in _PHRASES or before == "even" or after in _PREVENTING


# A denial of these affirms, or tells a mood: rain did not stop them, they did not like it.
_PREVENTING = listed("keep stop deter prevent spoil dampen like mind")
_PHRASES = {
    ("not", "only"), ("no", "problem"), ("no", "doubt"), ("not", "just"), ("cannot", "wait"), ("can't", "wait"),
    ("no", "matter"), ("not", "least"), ("not", "all"), ("not", "every"), ("not", "each"), ("not", "everyone"),
    ("don't", "hesitate"), ("not", "hesitate"), ("without", "doubt"), ("no", "fewer"), ("no", "less"),
}  # fmt: skip
