"""Tasks, their immutable versions, and who may do what in them."""

from __future__ import annotations

import secrets
import uuid
from functools import partial

from django.conf import settings
from django.db import models

from review.spec.task_spec import TaskSpec
from review.states import Role

KEPT_SPECS = 256
_PARSED: dict[str, TaskSpec] = {}


class Task(models.Model):
    """The work of a miniature. Its instruction, schemas and checks are in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    # The secret of its splits and samples.
    seed = models.CharField(max_length=32, default=partial(secrets.token_hex, 16), editable=False)
    train_fraction = models.FloatField(default=0.8)
    validation_fraction = models.FloatField(default=0.1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TaskVersion(models.Model):
    """One immutable wording of a task; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    content_hash = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["task", "-number"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="task_version_number_once")]

    def __str__(self) -> str:
        return f"{self.task.name} v{self.number}"

    @property
    def spec(self) -> TaskSpec:
        """The version as plain data; parsed once in a process, since the same content never reads differently."""
        cached = _PARSED.get(self.content_hash)
        if cached is None:
            if len(_PARSED) >= KEPT_SPECS:
                _PARSED.clear()
            cached = _PARSED[self.content_hash] = TaskSpec.model_validate(self.body)
        return cached


class Membership(models.Model):
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "task"], name="one_role_per_task")]


class JudgeTask(models.Model):
    """A task whose miniatures say of another task's drafts whether an expert would take them."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="judges")
    judged = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="judge_task")

    def __str__(self) -> str:
        return f"{self.task_id} judges drafts of {self.judged_id}"
