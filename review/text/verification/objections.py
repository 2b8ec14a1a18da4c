"""Rules on single words of a sentence: denials, contradictions, restrictions, words from nowhere. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator

from review.text.verification import negation
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.source import BESIDE
from review.text.verification.thesaurus import SMALL, reporting
from review.text.verification.words import Word, listed, root

_RESTRICTIONS = listed("only solely exclusively merely")
_RESTRICTED = frozenset(
    root(word) for word in listed("only just solely exclusive exclusively merely alone limited sole unless")
)
# Who calls something wrong or bad says something that a passage, a seller's above all, rarely leaves to others to say.
_FAULTS_TEXT = """
    wrong incorrect inaccurate false falsely wrongly incorrectly mislead misleading misinform lie unnecessarily untrue
    mediocre negligible exorbitant inferior subpar useless worthless terrible awful disappointing unreliable outdated
    obsolete defective overpriced unhelpful irrelevant insufficient inadequate unsafe faulty flawed shoddy dishonest
    unprofessional unwanted deceptive fraudulent unaffordable cumbersome
"""
_FAULTS = frozenset(root(word) for word in _FAULTS_TEXT.split())
_REVERSING = ("un", "in", "im", "ir", "il", "non", "dis", "mis")
_REVERSED_FROM = 5
_AFTER_A_VERB = listed("a an the that it them him her his their its this these those how why what whether to")
# Words of up to so many letters tell too little; words up to so many characters apart are beside each other.
_SHORT, _JOINED = 2, 8
# Risk of a new word by whether it is verbal, and whether another new one is beside it.
_INSERTED = {(False, False): 0.17, (False, True): 0.3, (True, False): 0.1, (True, True): 0.2}


def denials(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Denials that the passage does not make."""
    for cue in sentence.cues:
        reached = sentence.reached(cue)
        risk = _denial_risk(sentence, [sentence.words[index] for index in reached])
        if risk:
            end = sentence.words[reached[0]].end if reached else sentence.words[cue].end
            yield Unsupported(sentence.words[cue].start, end, "The passage does not deny this", "negation", risk)


def _denial_risk(sentence: ClaimSentence, reached: list[Word]) -> float:
    source = sentence.source
    if not reached:
        return 0.0 if source.cue_sentences else 0.5
    if source.counterparts(word.root for word in reached[:2]) & source.denied_roots:
        return 0.0
    key = reached[0].root
    if _opposite_near(sentence, reached[0]) or any(source.has(f"{prefix}{key}") for prefix in _REVERSING):
        return 0.0
    # Of what the passage does not name, the closest sentence may deny the same in other words.
    return 0.35 if not source.says(key) and set(sentence.closest[:1]) & source.cue_sentences else 0.7


def _opposite_near(sentence: ClaimSentence, word: Word) -> bool:
    source = sentence.source
    places = (place for other in source.opposites(word.stem) for place in source.stems[other])
    return any(source.sentence_of(place) in sentence.closest for place in places)


def lost_denials(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words affirmed that the passage only ever denies."""
    source = sentence.source
    if sentence.cues:
        return
    for word in sentence.words:
        if word.text in SMALL or sentence.loses:
            continue
        places = source.places.get(word.root, ())
        if places and all(place in source.denied for place in places):
            yield Unsupported(word.start, word.end, "The passage denies this", "negation", 0.55)


def contradictions(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words whose opposite the passage says instead."""
    for index, word in enumerate(sentence.words):
        if index in sentence.denied or index in sentence.counted or negation.is_cue(word):
            continue
        if not sentence.source.has(word.root) and (other := _reversed(word, sentence)):
            yield Unsupported(word.start, word.end, f"The passage says the opposite: {other}", "antonym", 0.85)
        elif risk := _contradiction_risk(sentence, index):
            yield Unsupported(word.start, word.end, "The passage says otherwise", "antonym", risk)


def _contradiction_risk(sentence: ClaimSentence, index: int) -> float:
    source, word = sentence.source, sentence.words[index]
    if word.text in source.other_forms:
        return 0.0
    # `Home and auto` in the claim is a list, not one for the other.
    opposites = source.opposites(word.stem) - sentence.stems
    if not opposites:
        return 0.0
    near = sentence.words[max(0, index - BESIDE) : index + BESIDE + 1]
    around = {other.root for other in near if other.text not in SMALL and other is not word}
    contrary = [place for other in sorted(opposites) for place in source.stems[other] if place not in source.denied]
    against, own = source.context(contrary, around), _own_context(sentence, word, contrary, around)
    if own < 0 and word.text not in SMALL:
        return 0.8 if against > 0 else 0.55
    return 0.6 if against >= max(own, 0) + 2 else 0.0


def _own_context(sentence: ClaimSentence, word: Word, contrary: list[int], around: set[str]) -> int:
    """How much of a word's context stands beside it in the passage, or beside a synonym; -1 where neither is there."""
    source = sentence.source
    if places := source.stems.get(word.stem):
        return source.context(places, around)
    kin = [place for key in sorted(source.counterparts([word.root])) for place in source.places.get(key, ())]
    return source.context(sorted(set(kin) - set(contrary)), around)


def _reversed(word: Word, sentence: ClaimSentence) -> str:
    """The word of the passage that this one reverses by a prefix, if any."""
    for prefix in _REVERSING:
        bare = word.root.removeprefix(prefix)
        if bare != word.root and len(bare) >= _REVERSED_FROM and sentence.source.has(bare):
            return bare
        if len(word.root) >= _REVERSED_FROM and sentence.source.has(prefix + word.root):
            return prefix + word.root
    return ""


def restrictions(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """`Only` where the passage restricts nothing, and words that accuse."""
    source = sentence.source
    for word in sentence.words:
        if word.text in _RESTRICTIONS and not (_RESTRICTED & sentence.region):
            yield Unsupported(word.start, word.end, "The passage does not restrict this", "restriction", 0.55)
        elif word.root in _FAULTS and not source.says(word.root):
            yield Unsupported(word.start, word.end, "The passage calls nothing wrong here", "restriction", 0.6)


def insertions(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Telling words that stand nowhere in the passage, nor anything that says the same.

    One alone is most often a word the list of synonyms lacks; two side by side bring something new.
    """
    new = [index for index in range(len(sentence.words)) if _is_new(sentence, index)]
    for place, index in enumerate(new):
        word = sentence.words[index]
        beside = [sentence.words[other] for other in new[max(0, place - 1) : place + 2] if other != index]
        is_joined = any(max(word.start, other.start) - min(word.end, other.end) < _JOINED for other in beside)
        risk = _INSERTED[_is_verbal(sentence, index), is_joined]
        yield Unsupported(word.start, word.end, "The passage says nothing of this", "insertion", risk)


def _is_new(sentence: ClaimSentence, index: int) -> bool:
    word = sentence.words[index]
    if word.text in SMALL or len(word.text) <= _SHORT or negation.is_cue(word) or sentence.supported[index]:
        return False
    return not (word.root in reporting() or sentence.source.begins_like(word.root) or index in sentence.counted)


def _is_verbal(sentence: ClaimSentence, index: int) -> bool:
    """Whether a word looks like a verb or an adverb, which retelling changes more often than nouns."""
    after = sentence.words[index + 1].text if index + 1 < len(sentence.words) else ""
    return sentence.words[index].text.endswith(("ing", "ed", "ly")) or after in _AFTER_A_VERB
