"""How likely drafts that wait are to be accepted, by what a judge said of them: it orders the desk and is shown to nobody.

A judge's word is worth what experts made of the drafts of which it said the same, one by one; until they judged some, little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from generation.models import JudgedText
from review.desk import ordering_strategies
from review.models import Task
from review.states import Verdict
from web.db.chunks import chunked

_HISTORY, _CHUNK = 5_000, 1_000
_SAID = ("judging__order__teacher__slug", "judging__prompt_version", "passes", "meets")


def of_drafts(task: Task, drafts: Sequence[UUID]) -> Mapping[UUID, float]:
    """The chance of each draft to be accepted, 0 to 1; of several judges the latest counts, and unread drafts are absent."""
    answered = JudgedText.objects.filter(judging__task=task, passes__isnull=False)
    known = answered.filter(draft__gold__decision__bulk__isnull=True, draft__gold__isnull=False)
    history = known.order_by("-judging__created_at", "place").values_list("draft__gold__verdict", *_SAID)[:_HISTORY]
    rates = ordering_strategies.acceptance_by_pattern(
        (_pattern(*said), verdict == Verdict.ACCEPT) for verdict, *said in history
    )
    chances: dict[UUID, float] = {}
    for chunk in chunked(drafts, _CHUNK):
        rows = answered.filter(draft__in=chunk).order_by("judging__created_at").values_list("draft", *_SAID)
        chances.update((pk, rates.get(_pattern(*said), rates["*"])) for pk, *said in rows if pk is not None)
    return chances


def _pattern(judge: str, version: int, passes: bool, meets: Mapping[str, bool]) -> str:
    """What a judge said, as one word: whether the text passes, and how many requirements it misses."""
    return f"{judge} {version} {passes} {sum(not met for met in meets.values())}"
