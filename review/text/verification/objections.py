"""Rules on single words of a sentence: denials, opposites, words that accuse. Pure Python.

A retelling chooses its own words, so each rule asks for company: the words around must stand around the other word in
the passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from review.text.verification import negation
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.thesaurus import SMALL, concepts, contraries
from review.text.verification.words import Word, listed, root

_REVERSING = ("un", "in", "im", "ir", "il", "non", "dis", "mis")
_DENYING, _REVERSED_FROM = re.compile("^(?:un|dis|non)"), 5
# `Most did not` and `two of them did not` say of some what the passage says of the rest.
OTHERS = listed("most some others many few other")
# Denials of a time alone, as in `not since 1997` and `not yet`.
_UNTIL_NOW = re.compile(
    r"\b(?:since|yet|so far|before|until|usual\w*|any ?more|(?:any )?longer|at all|(?:in|for) (?:decades|years))\b",
    re.IGNORECASE,
)
# `Did not say when` is true of whatever nobody says; `not to Spain alone` affirms.
SAYINGS = frozenset(map(root, listed("say tell mention specify disclose reveal comment elaborate")))
_ALONE = re.compile(r"[^,;:.!?]{0,50} (?:(?:alone|solely|exclusively|merely)|as \w+\b[^,;:.!?]{0,40} as)\b")
_PART = re.compile(
    r"(?:(?:about|around|some|nearly|almost|only|just|the other|(?:more|fewer|less) than|over|well over) )?(?:a |an )?"
    r"(?:\d[\d.,]*%?|\d+ percent|half|(?:three |two )?(?:third|quarter|fifth|tenth)s?|one|two|three|four|five|six"
    r"|seven|eight|nine|ten|\w+teen|\w+ty) (?:of|in|out of) ",
    re.IGNORECASE,
)
# `Otherwise we leave` and `only if you sign` tell what happens without.
_CONDITION = re.compile(r"\b(?:otherwise|unless|only if)\b", re.IGNORECASE)
# Telling words before a denial that are its company, and how many of all must be together where the passage denies
# nothing.
_BEFORE_DENIAL, _TOGETHER = 2, 3
# Words between a *but* and its denial; words that set one thing against another.
_BEHIND_BUT = 6
_CONTRASTS = listed("but however although though despite instead yet while whereas except rather unlike still even")
_SUPERLATIVES = re.compile(
    r"\b(?:(?:larg|bigg|old|young|high|low|strong|weak|long|cheap|fast|rich|tall|small|busi|dead(?:li)?|bloodi|great"
    r"|short|wealthi|hott|cold|wett|heavi|hard|poor|rar|tough|clean|bright|quick|slow)est|(?:number|no\.) one"
    r"|(?:(?<=\bthe )|(?<=['\u2019]s ))most (?!of\b|people\b|recent|likely|\w+s\b(?<!ous))\w+"
    r"|record[- ](?:number|amount|sum|fee|profit|loss|high|low|level|crowd|breaking)|career[- ]best"
    r"|world(?:'s)?[- ]leading|market[- ]leading)\b(?! courts?\b)",
    re.IGNORECASE,
)
_RANKED = re.compile(r"(?:second|third|fourth)[ -]$")
_HIGHEST = re.compile(
    r"\b(?:record|first|top|most|best|leading|main|biggest|largest|leader|never|only|peak|star|major|ever|than any)\b",
    re.IGNORECASE,
)
# A passage of fewer words leaves out what its writer takes for granted.
_WHOLE = 100
# Telling words on either side of a word that was denied.
_BESIDE = 2
# What loses or refuses may say the same as a denial; it is looked for among so many words before and behind.
_REFUSALS_TEXT = """
    lose loss ban block reject rule refuse fail miss avoid prevent cancel scrap drop oppose zero free hardly until away
    gone absent empty despite unlikely instead spare than lack exclude except without deny decline withdraw quit cease
    suspend abandon prohibit forbid unable impossible delay missing remove omit doubt exempt illegal wrong nil
"""
REFUSALS, AROUND = frozenset(map(root, _REFUSALS_TEXT.split())), 6
_ONLY = listed("only solely exclusively merely")
_ONLY_TOLD = _ONLY | listed("sole exclusive alone mere limited except restricted exception nothing")
# `The only bank`, `known only as`, and `only $5`, which a reader finds little.
_NO_LIMIT = listed("not the her his its their our my your if an known when was")
_COUNT = re.compile(
    r"-|(?:\s+[\w'-]+){0,2}?\s+(?:[$\u00a3\u20ac]|\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|once|twice"
    r"|a (?:month|week|year|day|few|couple|handful))\b)"
)


def denials(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Denials of what the passage says in the same words without denying it."""
    if sentence.words[0].text in OTHERS or _PART.match(sentence.text, sentence.start):
        return
    for cue in sentence.cues:
        reached = [sentence.words[index] for index in sentence.reached(cue)]
        if reached and sentence.words[cue].text not in negation.WARDING and _is_affirmed(sentence, cue, reached):
            start, end = sentence.words[cue].start, reached[0].end
            yield Unsupported(start, end, "The passage does not deny this", "negation", 0.7)


def _is_affirmed(sentence: ClaimSentence, cue: int, reached: Sequence[Word]) -> bool:
    """Return whether a sentence of the passage says what is denied here, in these words and of the same."""
    source, first, is_plain = sentence.source, reached[0].root, negation.is_plain(sentence.words[cue])
    if first in SAYINGS or first in source.denied_roots or _is_of_more(sentence, cue):
        return False
    if sentence.words[cue].text == "without" and _CONDITION.search(source.text):
        return False
    if is_plain and _is_contrasted(sentence, cue) and sentence.closest_texts.isdisjoint(_CONTRASTS):
        return any(source.has(word.root) for word in reached) and source.says(first)
    if (
        sentence.words[cue].text == "never"
        and any(source.has(word.root) for word in reached)
        and not source.cue_sentences
    ):
        return True
    if sentence.words[cue].text == "no" and first in source.keys:
        return True
    if _UNTIL_NOW.search(sentence.text, sentence.start, sentence.end):
        return False
    before = [word.root for word in sentence.words[:cue] if word.text not in SMALL][-_BEFORE_DENIAL:]
    if is_plain and not source.sheet and _is_said_near(sentence, before, reached):
        return True
    if not source.has(first) or source.counterparts(word.root for word in reached) & source.denied_roots:
        return False
    if _opposite_near(sentence, reached[0]) or any(source.has(f"{prefix}{first}") for prefix in _REVERSING):
        return False
    company = {*before, *(word.root for word in reached)}
    # *Rejected calls to resign* says that somebody did not.
    said = (at for at in source.places[first] if REFUSALS.isdisjoint(source.roots[max(0, at - AROUND) : at]))
    places = {source.sentence_of(place) for place in said}
    # Where the sentence denies something else, it takes more.
    return any(
        len(company & source.roots_of(place)) >= min(_BESIDE + (place in source.cue_sentences), len(company))
        for place in places
    )


def _is_said_near(sentence: ClaimSentence, before: Sequence[str], reached: Sequence[Word]) -> bool:
    """Return whether one of the closest sentences says three of these words or synonyms, and loses or denies none."""
    source, roots = sentence.source, [word.root for word in reached]
    groups = [source.counterparts([key]) for key in (*before, *roots)]
    against = REFUSALS.union(*(contraries().get(key, ()) for key in roots[:2]))
    if sentence.text[reached[0].start - 1] == "-" or not source.denied_roots.isdisjoint(source.counterparts(roots[:2])):
        return False
    is_said = False
    for number in sentence.closest:
        words = source.words_in(number)
        shared = [[at for at, word in enumerate(words) if word.root in group] for group in groups]
        places = [at for each in shared for at in each]
        own = sum(map(bool, shared[len(before) :]))
        if sum(map(bool, shared)) < min(_TOGETHER, len(groups)) or own < min(_BESIDE, len(reached)):
            continue
        if not shared[len(before)]:
            continue
        window = words[max(0, min(places) - AROUND) : max(places) + AROUND]
        if any(negation.is_cue(word) or word.root in against for word in window):
            return False
        is_said = True
    return is_said


def _is_of_more(sentence: ClaimSentence, cue: int) -> bool:
    """Return whether a denial is of being all or as much, as in `does not sell to Spain alone`, `not as many as`."""
    return bool(_ALONE.match(sentence.text, sentence.words[cue].start))


def is_set_apart(sentence: ClaimSentence, cue: int) -> bool:
    """Return whether a denial is of a part, of a time alone, or set against something else."""
    is_until_now = _UNTIL_NOW.search(sentence.text, sentence.start, sentence.end)
    return bool(is_until_now) or _is_of_more(sentence, cue) or _is_contrasted(sentence, cue)


def _is_contrasted(sentence: ClaimSentence, cue: int) -> bool:
    """Return whether a denial follows a *but*, as in `saves time but not money`."""
    return any(word.text == "but" for word in sentence.words[max(0, cue - _BEHIND_BUT) : cue])


def _opposite_near(sentence: ClaimSentence, word: Word) -> bool:
    source = sentence.source
    places = (place for other in source.opposites(word.stem) for place in source.stems[other])
    return any(source.sentence_of(place) in sentence.closest for place in places)


def lost_denials(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words affirmed that the passage only ever denies, among the same words."""
    source = sentence.source
    if sentence.cues or sentence.loses:
        return
    for index, word in enumerate(sentence.words):
        keys = {word.root} if source.sheet or not source.denied else source.counterparts([word.root]) | {word.root}
        places = [place for key in keys for place in source.places.get(key, ())]
        if word.text in SMALL or not places or not all(place in source.denied for place in places):
            continue
        company = {
            word.root,
            *_company(sentence.words[:index], -_BESIDE),
            *_company(sentence.words[index + 1 :], _BESIDE),
        }
        subject = _company(sentence.words[:index], -1)
        if any(
            len(company & source.roots_of(source.sentence_of(place))) >= min(_TOGETHER, len(company))
            or source.lacks.get(place, {""}) <= sentence.roots
            or (subject and subject[0] in source.subjects_of_denials.get(place, ()))
            or (not source.sheet and _is_denied_of_all(sentence, word, place))
            for place in places
        ):
            yield Unsupported(word.start, word.end, "The passage denies this", "negation", 0.55)


def _is_denied_of_all(sentence: ClaimSentence, word: Word, place: int) -> bool:
    """Return whether the passage denies a deed of anybody, as *no one was arrested*, or in all words of a claim."""
    source = sentence.source
    cue = next(at for at in range(place - 1, -1, -1) if negation.is_cue(source.words[at]))
    text, after = source.words[cue].text, source.words[cue + 1].text
    roots = {source.roots[at] for at in negation.reached(source.text, source.words, cue)}
    is_of_all = text in {"nobody", "none"} or (text == "no" and (after == "one" or cue + 1 == place))
    return (is_of_all and word.text.endswith("ed")) or (len(roots) == negation.REACH and roots <= sentence.roots)


def _company(words: Sequence[Word], count: int) -> list[str]:
    telling = [word.root for word in words if word.text not in SMALL and not negation.is_cue(word)]
    return telling[count:] if count < 0 else telling[:count]


def reversals(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words that deny by their first letters what the passage says: `unlimited` for `limited`."""
    source = sentence.source
    for index, word in enumerate(sentence.words):
        if index in sentence.denied or source.says(word.root):
            continue
        bare = _DENYING.sub("", word.root)
        is_denied = bare in source.denied_roots  # `Not insured` says *uninsured*.
        if bare != word.root and len(bare) >= _REVERSED_FROM and source.has(bare) and not is_denied:
            yield Unsupported(word.start, word.end, "The passage says the opposite", "antonym", 0.85)


def invented(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words that accuse, or tell of an event or a thing, where the passage has no word of what they speak of."""
    source = sentence.source
    for index, word in enumerate(sentence.words):
        evidence = concepts().get(word.stem)
        if evidence is None or index in sentence.denied or (index and sentence.text[word.start].isupper()):
            continue
        if source.says(word.root) or (any(evidence) and len(source.words) < _WHOLE):
            continue
        if all(roots.isdisjoint(source.places) for roots in evidence):
            why = "The passage tells nothing of this" if any(evidence) else "The passage calls nothing wrong here"
            yield Unsupported(word.start, word.end, why, "restriction", 0.6)


def limits(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """*Only* where the closest sentences of a passage in prose limit nothing, and neither does a count behind it."""
    for index, word in enumerate(sentence.words):
        if word.text not in _ONLY or sentence.source.sheet or not sentence.closest_texts.isdisjoint(_ONLY_TOLD):
            continue
        before = sentence.words[index - 1].text if index else ""
        is_free = before not in _NO_LIMIT and sentence.text[word.start - 1 : word.start] != "-"
        if is_free and not _COUNT.match(sentence.text, word.end, sentence.end):
            yield Unsupported(word.start, word.end, "The passage limits nothing here", "restriction", 0.65)


def superlatives(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """*The largest* and the like where the passage sets nothing above the rest, or calls it the second largest."""
    source = sentence.source
    for match in _SUPERLATIVES.finditer(sentence.text, sentence.start, sentence.end):
        word = match.group().lower()
        first = re.search(
            rf"(?<!second[ -])(?<!third[ -])(?<!fourth[ -])\b{re.escape(word)}", source.text, re.IGNORECASE
        )
        is_ranked = word in source.text.lower() and not first and not _RANKED.search(sentence.text, 0, match.start())
        if is_ranked or not (_SUPERLATIVES.search(source.text) or _HIGHEST.search(source.text)):
            yield Unsupported(
                match.start(), match.end(), "The passage sets this not above the rest", "restriction", 0.7
            )
