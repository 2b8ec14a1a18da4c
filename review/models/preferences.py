"""Preferences: an expert's choice of the best of several drafts for one record."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models.desk import Draft
from review.models.sources import Record
from review.models.tasks import Task


class Preference(models.Model):
    """An expert's choice of the best draft shown, made without seeing authors; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.DO_NOTHING, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.DO_NOTHING, related_name="preferences")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    # None when the expert found none better than the others.
    chosen = models.ForeignKey(Draft, null=True, on_delete=models.DO_NOTHING, related_name="chosen_in")
    # Ids of the drafts as they were laid out, left to right.
    shown = models.JSONField(default=list)
    seconds = models.FloatField(default=0)
    note = models.TextField(blank=True)
    body_hash = models.CharField(max_length=64)
    retracts = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.DO_NOTHING, related_name="retracted_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="preferences_of_task")]
