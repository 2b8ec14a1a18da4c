"""Accepts that came faster than their text can be read. They are shown to their reviewer first.

Silent reading of English runs at some 240 words a minute, and hardly anybody passes 400 (Brysbaert 2019, Journal of
Memory and Language 109); what is counted here lies beyond `FASTEST_WPM`, so that fast readers are left in peace. Texts under
`SHORTEST_WORDS` are taken in at a glance and say nothing. A lead sees an accept a day later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from members.models import Member
from review.models import Decision, Task
from review.selectors.reviewers.own import one_by_one
from review.states import Verdict

FASTEST_WPM = 600
SHORTEST_WORDS = 20
LEADS_SEE_AFTER = timedelta(days=1)
# How far back is looked, and how many are shown.
LOOK_AT, SHOWN = 2000, 20


@dataclass(frozen=True, slots=True)
class Hasty:
    """One accept that was faster than reading.

    Attributes:
        words: Of the text.
        seconds: That the card was looked at.
    """

    draft: UUID
    title: str
    words: int
    seconds: float
    at: datetime

    @property
    def words_per_minute(self) -> int:
        return round(self.words / self.seconds * 60)


def hasty(member: Member, task: Task, *, is_own: bool) -> list[Hasty]:
    """The member's latest accepts that were faster than reading, among their last `LOOK_AT` verdicts; `SHOWN` at most.

    Args:
        member: Whose.
        task: In which task.
        is_own: Whether the member asks; others are shown what is a day old.
    """
    latest = one_by_one(member, task).order_by("-created_at").values("pk")[:LOOK_AT]
    fast = Decision.objects.filter(
        pk__in=latest, verdict=Verdict.ACCEPT, seconds__gt=0, draft__words__gte=SHORTEST_WORDS,
        seconds__lt=F("draft__words") * (60.0 / FASTEST_WPM),
    )  # fmt: skip
    if not is_own:
        fast = fast.filter(created_at__lte=timezone.now() - LEADS_SEE_AFTER)
    rows = fast.order_by("-created_at").values_list(
        "draft_id", "draft__record__title", "draft__words", "seconds", "created_at"
    )
    return [Hasty(*row) for row in rows[:SHOWN]]
