"""Chance of waiting drafts to be accepted, by what a judge said of them: it orders the desk and is shown to nobody.

A judge's word is worth what experts made of the drafts of which it said the same, one by one; until they judged some,
little. The confidence of a trained miniature counts from the start, and less the more experts judged of which it was as
sure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from generation.models import JudgedText
from review.desk import ordering_strategies
from review.models import Task
from review.states import Verdict
from web.db.chunks import chunked

_HISTORY, _CHUNK = 5_000, 1_000
_SAID = ("judging__order__teacher__slug", "judging__prompt_version", "passes", "meets", "confidence")
_TENTHS = 10


def of_drafts(task: Task, drafts: Sequence[UUID]) -> Mapping[UUID, float]:
    """Chance of each draft to be accepted, 0 to 1; of several judges the latest counts; unread drafts are absent."""
    answered = JudgedText.objects.filter(judging__task=task, passes__isnull=False)
    expert_rows = answered.filter(draft__gold__decision__bulk__isnull=True, draft__gold__isnull=False)
    history = list(
        expert_rows.order_by("-judging__created_at", "place").values_list("draft__gold__verdict", *_SAID)[:_HISTORY]
    )
    rates = ordering_strategies.acceptance_by_pattern(
        (_pattern(*opinion), verdict == Verdict.ACCEPT) for verdict, *opinion in history
    )
    sure = _as_sure(history)
    chances: dict[UUID, float] = {}
    for chunk in chunked(drafts, _CHUNK):
        rows = answered.filter(draft__in=chunk).order_by("judging__created_at").values_list("draft", *_SAID)
        for pk, *opinion in rows:
            if pk is not None:
                confidence, pattern = opinion[-1], _pattern(*opinion)
                chances[pk] = rates.get(pattern, rates["*"]) if confidence is None else sure(pattern, confidence)
    return chances


def _as_sure(history: Iterable[tuple[Any, ...]]) -> Callable[[str, float], float]:
    """Chance of acceptance by experts' verdicts at that confidence, drawn towards the judge's own word."""
    accepted: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for verdict, *opinion in history:
        judged[_pattern(*opinion)] += 1
        accepted[_pattern(*opinion)] += verdict == Verdict.ACCEPT
    prior = ordering_strategies.PRIOR_VERDICTS

    def chance(pattern: str, confidence: float) -> float:
        return (accepted[pattern] + prior * confidence) / (judged[pattern] + prior)

    return chance


def _pattern(judge: str, version: int, passes: bool, meets: Mapping[str, bool], confidence: float | None) -> str:
    """Encode a verdict as one word: whether the text passes, and missed requirements or confidence in tenths."""
    missed = sum(not met for met in meets.values())
    detail = missed if confidence is None else f"{min(int(confidence * _TENTHS), _TENTHS - 1)} tenths"
    return f"{judge} {version} {passes} {detail}"
