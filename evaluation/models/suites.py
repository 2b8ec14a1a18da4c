"""Suites: frozen lists of held-out records, and of what is done to their facts, that evaluations can be of."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from evaluation.states import SuiteKind
from review.models import Task, TaskVersion


class Suite(models.Model):
    """Cases that were chosen once. Never changed, never removed.

    No fact is kept: `cases` names records and rules, and facts are made of the records when an engine needs them. So
    what is erased of a record is erased of its suites.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="suites")
    task_version = models.ForeignKey(TaskVersion, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=SuiteKind.choices)
    name = models.CharField(max_length=80)
    # How the cases were chosen: `column` and `value` of a slice, the seed and the edition of the rules.
    choice = models.JSONField(default=dict)
    # `{"record": id, "rule": name}`; the rule is empty where the facts stay as they are. A record stands in it once.
    cases = models.JSONField(default=list)
    # SHA-256 of the rules and the facts that the engine is given, in order.
    content_hash = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["task", "name"], name="suite_name_once_per_task")]

    def __str__(self) -> str:
        return self.name
