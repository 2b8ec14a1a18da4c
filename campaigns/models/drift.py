"""Studies of drift: what was registered of a task's live outcomes over months or rounds, and each look. Counts only, nobody's data."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models

from campaigns.states import DriftSeries, Metric
from review.models import Task


class DriftStudy(models.Model):
    """The question whether an outcome changes over a task's campaigns, with its rule; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="drift_studies")
    question = models.CharField(max_length=200)
    metric = models.CharField(max_length=16, choices=Metric.choices, default=Metric.REPLY)
    series = models.CharField(max_length=8, choices=DriftSeries.choices, default=DriftSeries.MONTHS)
    # The first day of the series; with so many months or rounds it ends.
    first_day = models.DateField()
    points = models.PositiveSmallIntegerField()
    # Days after a contact's first mail in which what it does counts.
    horizon_days = models.PositiveSmallIntegerField(default=14)
    alpha = models.FloatField(default=0.05)
    # Mails to simulated inboxes in place of the others.
    is_simulated = models.BooleanField(default=False)
    # Canonical JSON, kept as text so that the bytes that were hashed are the bytes that are handed out.
    record_text = models.TextField()
    record_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="drift_studies_of_task")]

    def __str__(self) -> str:
        return self.question

    @property
    def record(self) -> dict[str, Any]:
        """The registration."""
        return dict(json.loads(self.record_text))


class DriftLook(models.Model):
    """One look, after so many points: the counts it is of, their hash, and the verdict. A trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(DriftStudy, on_delete=models.DO_NOTHING, related_name="looks")
    # How many months or rounds it covers.
    covered = models.PositiveSmallIntegerField()
    body = models.JSONField()
    data_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "covered"]
        constraints = [models.UniqueConstraint(fields=["study", "covered"], name="drift_look_once")]

    def __str__(self) -> str:
        return str(self.body.get("sentence", ""))
