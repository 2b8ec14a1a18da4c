"""Recalls: many drafts taken out of use in one act, and its undo.

Rows are only added; a trigger refuses anything else.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models.desk import Draft
from review.models.tasks import Task
from review.states import DraftState, RecallReturn


class Recall(models.Model):
    """One act that took drafts out of use; its id is made by the client."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="recalls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    # What the drafts have in common: order, teacher, reviewer, since, until.
    criteria = models.JSONField(default=dict)
    reason = models.TextField()
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="recalls_of_task")]


class RecalledDraft(models.Model):
    """One draft of a recall, and where it stood before."""

    recall = models.ForeignKey(Recall, on_delete=models.DO_NOTHING, related_name="recalled")
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="+")
    state_before = models.CharField(max_length=10, choices=DraftState.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "draft"], name="draft_once_per_recall")]


class RecallUndo(models.Model):
    """The undo of a recall: its drafts may be used again, as before or once they are judged anew."""

    recall = models.OneToOneField(Recall, on_delete=models.DO_NOTHING, related_name="undo")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=10, choices=RecallReturn.choices)
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
