"""Lessons of rejections and edits."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from generation.states import ProposalState
from review.models import Task, TaskVersion


class TaskProposal(models.Model):
    """A next version of a task that rejections and edits suggest; nothing changes until a person accepts it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="proposals")
    base_version = models.ForeignKey(TaskVersion, on_delete=models.DO_NOTHING, related_name="+")
    # The order whose one call asked a teacher; none where it was counted here.
    order = models.OneToOneField("generation.Order", null=True, on_delete=models.SET_NULL, related_name="proposal")
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN)
    # Decisions that were looked at, newest first.
    decisions = models.JSONField(default=list)
    # What is proposed: `{part, value, why, decisions}` each.
    changes = models.JSONField(default=list)
    # What the decisions have in common, as counted here: `{code, label, count, decisions}` each.
    counted = models.JSONField(default=dict)
    why_not = models.CharField(max_length=300, blank=True)
    accepted_version = models.ForeignKey(TaskVersion, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="proposals_of_task")]

    def __str__(self) -> str:
        return f"{self.task_id} {self.state}"
