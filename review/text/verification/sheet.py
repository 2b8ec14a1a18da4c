"""Rules for sheets of facts, one a line: what is planned or not there, and who holds a post. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.verification import eras
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.parties import POSTS
from review.text.verification.quantities import Quantity
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, words_of

# What makes no past of a verb in the claim.
_AHEAD = re.compile(
    r"\b(?:will|'ll|\u2019ll|would|could|may|might|should|can|must|soon|plan\w*|intend\w*|going to|follow|next|once"
    r"|when|upcoming|coming|future|about to"
    r"|want\w*|hop\w+|due|to be|still|wait\w*|set to|is to|are to|expect\w*|propos\w+|if|until|ahead|order"
    r"|look forward|target|aim\w*|under construction|from (?:the start of )?\d{4})\b|'ll\b|\u2019ll\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:has|have|having|had|already|now|since|ever since|for (?:years|months)|live|was|were|came|went"
    r"|last (?:year|month|week|spring|summer|autumn|winter|\w+day|\w+ber|january|february|march|april|june|july"
    r"|august))\b|\w['\u2019]ve\b|\b\w{3,}ed\b",
    re.IGNORECASE,
)
_TOGETHER = 2
_NONE = re.compile(
    r"^([^:\n]{3,40}):\s*(?:none|no|nothing|not yet|never|abolished|closed|cancelled|discontinued)\b", re.I | re.M
)
_NO = re.compile(r"\bno (\w{5,})\b")
_PLANNED = re.compile(
    r"\b(?:planned|planning|plans?|due|under construction|on order|wants? to|to (?:open|enter|launch|follow)"
    r"|upcoming|target|opens|proposed|delayed|postponed|intends?|next)\b",
    re.I,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_COMPARED = re.compile(r"\b(?:from|than|before|earlier|previous|against|compared|after|since|until)\b", re.I)
_NAME = r"(?<![\w'\u2019-])((?:(?:Dr|Mr|Mrs|Ms)\.? )?[A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+){0,4})"
_POST = rf"((?i:(?:chief |managing |finance |general |vice )?(?:{'|'.join(POSTS)})))"
_HELD = re.compile(
    rf"{_NAME}, (?:as |who is |being )?(?:your |the |its |our |their )?{_POST}\b"
    rf"|\b[Aa]s (?:the |your )?{_POST}(?: of [^,]+)?, {_NAME}|\b{_POST} {_NAME}|{_NAME} (?:is|was|becomes"
    rf"|as) (?:your |the |its )?{_POST}\b"
)


def planned(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Things that a sheet of facts calls planned, told as there."""
    text = sentence.text[sentence.start : sentence.end]
    if _AHEAD.search(text) or sentence.cues or not _DONE.search(text):
        return
    own = {word.root: word for word in sentence.words if word.text not in SMALL}
    for line in sentence.source.sheet:
        if match := _PLANNED.search(line):
            roots = {word.root for word in _telling(line) if not _PLANNED.search(word.text)}
            shared = [own[each] for each in own.keys() & roots]
            if len(shared) >= _TOGETHER and _elsewhere(sentence.source.sheet, line, shared) < _TOGETHER:
                first = min(shared)
                yield Unsupported(first.start, first.end, f"The passage says: {match.group().lower()}", "antonym", 0.75)
                return


def _elsewhere(lines: list[str], line: str, shared: list[Word]) -> int:
    """Count at most how many of some words another line has."""
    roots = {word.root for word in shared}
    return max((len(roots & {word.root for word in _telling(other)}) for other in lines if other != line), default=0)


def _telling(text: str) -> list[Word]:
    return [word for word in words_of(text) if word.text not in SMALL]


def there_is_none(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Mark a thing as unsupported where the sheet of facts says that there is none."""
    if sentence.cues or any(
        word.text in {"without", "own", "self", "none", "no", "lack", "free", "abolished"} for word in sentence.words
    ):
        return
    for line in sentence.source.sheet:
        keys = [match[1] for match in (_NONE.match(line), _NO.search(line)) if match]
        key = {word.root for each in keys[:1] for word in _telling(each)}
        shared = [word for word in sentence.words if word.root in key]
        if key and len({word.root for word in shared}) == len(key):
            yield Unsupported(shared[0].start, shared[-1].end, "The passage says that there is none", "negation", 0.8)


def other_years(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Numbers of one year that a sheet of facts gives for another.

    `17,500 in 2025` where it has `2025: 14,000 (2024: 17,500)`.
    """
    text, source = sentence.text[sentence.start : sentence.end], sentence.source
    named = eras.years(text)
    if len(named) != 1 or not source.sheet or _COMPARED.search(text):
        return
    told = {_year_of(source.text, each) for each in source.quantities.all}
    for quantity in sentence.quantities:
        if quantity.kind != "number" or not named.isdisjoint(eras.years(text[quantity.start : quantity.end])):
            continue
        held = {_year_of(source.text, each) for each in source.quantities.matching(quantity)}
        if ("", 0) not in held and held.isdisjoint(own := {(key, *named) for key, _ in held}) and told & own:
            start, end = sentence.start + quantity.start, sentence.start + quantity.end
            yield Unsupported(start, end, "The passage has this number for another year", "number", 0.75)


def _year_of(text: str, quantity: Quantity) -> tuple[str, int]:
    """The key of the line of a number, up to its first year, and the last year before the number.

    Empty and 0 where there is none.
    """
    before = text[text.rfind("\n", 0, quantity.start) + 1 : quantity.start]
    years = list(_YEAR.finditer(before))
    return (before[: years[0].start()].strip(), int(years[-1].group())) if years else ("", 0)


def posts(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Posts told of somebody whom the passage names beside none of the kind, where it names another beside it."""
    for match in _HELD.finditer(sentence.text, sentence.start, sentence.end) if sentence.source.sheet else ():
        name = next(each for each in (match[1], match[4], match[6], match[7]) if each)
        post = next(each for each in (match[2], match[3], match[5], match[8]) if each).lower().split()[-1]
        names = {word.lower() for word in re.findall(r"[A-Z][\w\u2019-]+", name)} - {"mr", "mrs", "ms", "dr"}
        holders = sentence.source.holders.get(POSTS.get(post, ""), set())
        if holders and not names & holders and all(each in sentence.source.name_words for each in names):
            yield Unsupported(match.start(), match.end(), "The passage names another in this post", "role", 0.75)
