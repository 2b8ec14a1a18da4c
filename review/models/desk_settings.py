"""Settings of one task's desk: order, random share, overlap, known answers."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from review.models.desk import Draft
from review.models.tasks import Task
from review.states import QueueOrdering, Verdict


class DeskSettings(models.Model):
    """The lead's choices for one task; a task without a row deals by the defaults."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="desk_settings")
    order = models.CharField(max_length=10, choices=QueueOrdering.choices, default=QueueOrdering.OLDEST)
    # Share of dealt cards that are drawn at random, so that accept rates stay unbiased.
    random_share = models.FloatField(default=0.15)
    # Share of drafts that `overlap_reviewers` reviewers judge, blind to each other.
    overlap_share = models.FloatField(default=0)
    overlap_reviewers = models.PositiveSmallIntegerField(default=2)
    # One card in so many has a known answer; 0 mixes none in.
    known_every = models.PositiveSmallIntegerField(default=0)
    # When waiting drafts were last put in this order; those that came later stand behind them.
    ordered_at = models.DateTimeField(null=True, blank=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(random_share__gte=0.1, random_share__lte=0.2), name="random_share_from_10_to_20_percent"
            ),
            models.CheckConstraint(
                condition=Q(overlap_share__gte=0, overlap_share__lte=1), name="overlap_share_is_a_share"
            ),
        ]


class KnownAnswer(models.Model):
    """A draft whose right verdict is known: mixed in among the others, it measures its reader and becomes no gold."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.OneToOneField(Draft, on_delete=models.CASCADE, related_name="known_answer")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="known_answers")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reasons = models.JSONField(default=list, blank=True)
    # Why, shown to a reviewer after they judged the card.
    note = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)
