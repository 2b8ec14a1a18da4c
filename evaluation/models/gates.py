"""Gates of tasks: which rules a miniature has to pass before it is promoted.

Only added, so that what was asked when stays.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models import Task


class Gate(models.Model):
    """One version of a task's gate: the newest counts, one without rules asks nothing. Never changed, never removed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="gates")
    number = models.PositiveIntegerField()
    # As `evaluation.gates.rules.GateRule` has them.
    rules = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["task", "-number"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="one_gate_of_a_number")]

    def __str__(self) -> str:
        return f"Gate {self.number} of {self.task}"
