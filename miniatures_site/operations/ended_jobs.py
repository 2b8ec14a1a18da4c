"""Count the jobs that ended within a day, by kind: for the page, the alerts and the figures alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from jobs.models import Job
from jobs.states import FINISHED, JobState


@dataclass(frozen=True)
class EndedKind:
    """How many jobs of a kind ended within a day, by state."""

    by_state: dict[str, int]

    @property
    def ended(self) -> int:
        """However they ended."""
        return sum(self.by_state.values())

    @property
    def failed(self) -> int:
        """Those that failed."""
        return self.by_state.get(JobState.FAILED, 0)


def ended_kinds() -> dict[str, EndedKind]:
    """Jobs that ended within a day, by kind, however long ago they were launched."""
    ended = Job.objects.filter(finished_at__gt=timezone.now() - timedelta(days=1), state__in=FINISHED)
    kinds: dict[str, EndedKind] = {}
    for kind, state, number in ended.order_by().values_list("kind", "state").annotate(number=Count("pk")):
        kinds.setdefault(kind, EndedKind({})).by_state[state] = number
    return kinds
