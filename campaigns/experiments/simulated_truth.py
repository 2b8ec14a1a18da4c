"""Truth of a simulated population, beside what its experiment found. Labelled as simulated wherever it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from campaigns.events.outcomes import human_events
from campaigns.models import Experiment, Reply
from campaigns.states import EventKind, ReplyClass


@dataclass(frozen=True, slots=True)
class TruthOfReplies:
    """A meaning of replies: how large a share was made to have it, and how many were sorted so, of all."""

    label: str
    made: float
    found: float
    count: int


def meanings(experiment: Experiment) -> list[TruthOfReplies]:
    """Return what replies were made to mean beside how they were sorted; empty where nothing was registered."""
    made: dict[str, float] = experiment.simulated_truth.get("meanings", {})
    if not made:
        return []
    answers = human_events(experiment.campaign, EventKind.REPLIED).order_by()
    replies = Reply.objects.filter(event__in=answers.values("pk")).order_by()
    counts = dict(replies.values_list("meaning").annotate(count=Count("pk")))
    whole = sum(counts.values()) or 1
    return [
        TruthOfReplies(each.label, made[each], counts.get(each, 0) / whole, counts.get(each, 0))
        for each in ReplyClass
        if each in made
    ]
