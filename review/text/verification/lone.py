"""Rules on denials where the closest sentences of the passage deny nothing. Pure Python."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import attrgetter

from review.text.verification import negation
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.objections import AROUND, OTHERS, REFUSALS, SAYINGS, is_set_apart
from review.text.verification.thesaurus import SMALL, contraries
from review.text.verification.words import listed, root

_MOODS = frozenset(map(root, listed("surprise shock amaze mind like care bother worry wonder regret")))
# Words behind which many a denial holds that does not say them.
_ENDINGS = REFUSALS | {
    root(word)
    for word in listed(
        "end close closed shut stop halt out off against few little less former only last leave postpone instead other"
    )
}
# Telling words of a sentence that denies, and the part of them that the closest sentences hold.
_SPEAKING, _HELD = 4, 0.4
_DENYING = r"(?:fail(?:s|ed|ing)? to|without|not|\w+n['\u2019]t)"
# Whoever does not explain what a passage speaks of may be a person in it, but not the text of it.
_UNMENTIONED = re.compile(
    rf"\b{_DENYING} (?:mention|specify)(?:ing)?\b"
    r"|\b(?:report|article|passage|summary|text|story|document|e?-?mail|letter|message|notes?) (?:\w+ )?"
    rf"{_DENYING} (?:discuss|address|explain)(?:ing)?\b",
    re.IGNORECASE,
)
# Telling words behind *did not mention*, and all words among which they stand.
_NAMED, _AMONG = 3, 6
_start = attrgetter("start")


def denials(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Denials where the closest sentences deny, lose and refuse nothing, and say much of the rest."""
    source = sentence.source
    words = [word for number in sentence.closest for word in source.words_in(number)]
    if source.sheet or not sentence.cues or any(negation.is_cue(word) or word.root in _ENDINGS for word in words):
        return
    near = {word.root for word in words}
    telling = [word for word in sentence.words if word.text not in SMALL and not negation.is_cue(word)]
    held = sum(not source.counterparts([word.root]).isdisjoint(near) for word in telling)
    if len(telling) < _SPEAKING or held < _HELD * len(telling) or sentence.words[0].text in OTHERS:
        return
    for cue in sentence.cues:
        word, reached = sentence.words[cue], [sentence.words[index] for index in sentence.reached(cue)]
        if (
            reached
            and (word.text not in negation.WARDING or word.root == "deny")
            and _is_lone(sentence, cue, [each.root for each in reached], near)
        ):
            yield Unsupported(word.start, reached[0].end, "The passage denies nothing here", "negation", 0.7)


def _is_lone(sentence: ClaimSentence, cue: int, roots: Sequence[str], near: set[str]) -> bool:
    """Return whether nothing in the passage says the same as a denial, by denying it or by a contrary."""
    source, behind = sentence.source, sentence.words[cue].end
    if roots[0] in SAYINGS | _MOODS or sentence.text[behind : behind + 1] == "-" or is_set_apart(sentence, cue):
        return False
    # `Does not intend to give up` affirms.
    if not REFUSALS.isdisjoint(roots) or any(word.text == "up" for word in sentence.words[cue : cue + AROUND]):
        return False
    # A denial of a word of its own often says what the passage affirms: *did not sleep* for *danced all night*.
    if not source.says(roots[0]):
        return False
    against: set[str] = set().union(*(contraries().get(key, ()) for key in roots[:2]))
    return against.isdisjoint(near) and source.counterparts(roots[:2]).isdisjoint(source.denied_roots)


def unmentioned(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Mark *did not mention prices* where the passage speaks of prices, and its closest sentences deny nothing."""
    source = sentence.source
    for match in _UNMENTIONED.finditer(sentence.text, sentence.start, sentence.end):
        first = bisect_left(sentence.words, match.end(), key=_start)
        behind = sentence.words[first : first + _AMONG]
        named = [word.root for word in behind if word.text not in SMALL and not negation.is_cue(word)][:_NAMED]
        if named and all(map(source.says, named)) and source.cue_sentences.isdisjoint(sentence.closest):
            yield Unsupported(match.start(), match.end(), "The passage speaks of this", "negation", 0.7)
