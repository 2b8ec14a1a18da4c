"""The rule on plans of a passage in prose told as done. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.words import Word, is_past, listed

# What stands right before a verb of what is done, and what makes no such thing of it further ahead.
_DONE = listed("has have was were been")
_OPEN = re.compile(
    r"\b(?:will|would|could|may|might|should|must|can|to|if|plan\w*|expect\w*|due|set|propos\w*|bid|hop\w+|likely|when"
    r"|want\w*|seek\w*|aim\w*|warn\w*|fear\w*|threat\w*|urg\w+|call\w*|ask\w*|demand\w*|ahead|until|before|for)\b",
    re.IGNORECASE,
)
# Verbs that say too little to be planned.
_LIGHT = listed("given gave made taken took got gotten been become became done had said")
_BEFORE, _LOOKED_BACK = 6, 48
# A verb of the passage that is still to come.
_AHEAD = re.compile(
    r"\b(?:will|would|(?:expected|due|plan(?:s|ned|ning)?|set|hop(?:es?|ing)|intends?|going|vowed|promised|scheduled)"
    r"(?: \w+){0,3}? to)(?: be| have| \w+ly)* $",
    re.IGNORECASE,
)
# Telling words besides the verb that a claim shares with the sentence of the plan; a name counts as two.
_SHARED = 3


def told_as_done(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Mark what the passage only plans or expects and the claim tells as done: *was sold* for *will be sold*."""
    text, source, words = sentence.text, sentence.source, sentence.words
    for index, word in enumerate(words) if not source.sheet and not sentence.cues else ():
        if not index or words[index - 1].text not in _DONE or not is_past(word) or word.text in _LIGHT:
            continue
        if not _OPEN.search(text, words[max(0, index - _BEFORE)].start, word.start) and _is_ahead(sentence, word):
            yield Unsupported(word.start, word.end, "In the passage this is still to come", "antonym", 0.7)


def _is_ahead(sentence: ClaimSentence, verb: Word) -> bool:
    """Return whether the passage tells a verb and its synonyms only as still to come, once of the same."""
    source, shared = sentence.source, 0
    own = {each.key: 2 if each.is_name else 1 for each in sentence.telling if each.key != verb.root}
    for place in (at for key in source.counterparts([verb.root]) for at in source.places.get(key, ())):
        word = source.words[place]
        if not _AHEAD.search(source.text, max(0, word.start - _LOOKED_BACK), word.start):
            return False
        shared = max(shared, sum(own.get(key, 0) for key in source.roots_of(source.sentence_of(place))))
    return shared >= _SHARED
