"""The rules together: each objection has a risk, and a text keeps what support its riskiest sentence has left.

Pure Python.

They know English prose. What they do not object to may still be wrong: they compare words and understand nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

from review.text.verification import amounts, company, copies, counts, entities, lone, objections, plans, roles, sheet
from review.text.verification.claim import ClaimSentence, sentences
from review.text.verification.finding import SUPPORTED_FROM, Unsupported, Verification
from review.text.verification.source import read

BY = "rules"
RULES: tuple[Callable[[ClaimSentence], Iterable[Unsupported]], ...] = (
    entities.names, entities.changed_names, entities.titles, entities.other_sex, entities.quotes, amounts.amounts,
    amounts.scales, amounts.rates, roles.exchanged, objections.denials, lone.denials, lone.unmentioned,
    objections.lost_denials, objections.reversals, company.exchanged_words, company.contrary_words,
    objections.invented, objections.limits, objections.superlatives, counts.things_counted, counts.fractions,
    counts.parts, counts.all_of, sheet.planned, sheet.there_is_none, sheet.other_years, company.other_way,
    roles.exchanged_sides, plans.told_as_done, sheet.posts, copies.changes,
)  # fmt: skip


def verify(source: str, text: str) -> Verification:
    """Say whether a passage supports a text, by rules alone.

    Args:
        text: One claim or several sentences.

    Returns:
        The score is that of the sentence that is supported least: the product of one less the risk of each objection to
        it, 1 where there is none. Each risk is above one half: a text is supported exactly where nothing is objected
        to.
    """
    passage, score, found = read(source), 1.0, []
    for sentence in sentences(passage, text):
        objections_here = _of_sentence(sentence)
        score = min(score, prod(1 - objection.risk for objection in objections_here))
        found += objections_here
    return Verification(score >= SUPPORTED_FROM, round(score, 4), BY, tuple(found))


def _of_sentence(sentence: ClaimSentence) -> list[Unsupported]:
    """Objections to one sentence, of those that overlap the riskiest."""
    kept: list[Unsupported] = []
    covered: set[int] = set()
    found = [objection for rule in RULES for objection in rule(sentence)]
    for objection in sorted(found, key=lambda objection: (-objection.risk, objection.start)):
        place = range(objection.start, objection.end)
        if covered.isdisjoint(place):
            kept.append(objection)
            covered.update(place)
    return sorted(kept, key=lambda objection: objection.start)
