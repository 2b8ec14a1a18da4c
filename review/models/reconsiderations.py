"""What a lead said of earlier decisions after a version changed what drafts are judged by."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models.tasks import Task, TaskVersion


class Reconsideration(models.Model):
    """One answer to "do the earlier decisions stand?"; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.DO_NOTHING, related_name="reconsiderations")
    # The version that raised the question.
    task_version = models.ForeignKey(TaskVersion, on_delete=models.DO_NOTHING, related_name="+")
    # Which were asked about again: none (they stand), those newly marked, accepted ones, or rejected for some reasons.
    kind = models.CharField(max_length=10)
    reasons = models.JSONField(default=list, blank=True)
    # How many decisions the question was about, and how many drafts went back to the desk.
    earlier = models.PositiveIntegerField(default=0)
    asked_again = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="reconsiderations_of_task")]
