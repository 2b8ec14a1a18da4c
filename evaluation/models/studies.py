"""Studies as they were registered, their cells, what each cell measured, and the verdict.

A study's own row never changes: a trigger refuses it. How it goes stands in its job, how a cell goes in its jobs.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models

from evaluation.states import StudyKind
from jobs.models import Job
from review.models import DatasetVersion, Task
from training.models import Student, TrainingRun


class Study(models.Model):
    """A question, the grid that is to answer it and the rule that will decide, all fixed before the first run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="studies")
    kind = models.CharField(max_length=10, choices=StudyKind.choices)
    question = models.CharField(max_length=200)
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+")
    # Canonical JSON, kept as text so that the bytes that were hashed are the bytes that are handed out.
    record_text = models.TextField()
    record_sha256 = models.CharField(max_length=64)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="study")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="studies_of_task")]

    def __str__(self) -> str:
        return self.question

    @property
    def record(self) -> dict[str, Any]:
        """The registration, parsed once per instance."""
        if not hasattr(self, "_record"):
            self._record: dict[str, Any] = json.loads(self.record_text)
        return self._record


class Measurement(models.Model):
    """One tuning and its scores. Every study that asks for the same fingerprint shares it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fingerprint = models.CharField(max_length=64, unique=True)
    # What to tune on what and how to score it: all that the fingerprint is made of, and nothing else.
    plan = models.JSONField()
    run = models.OneToOneField(TrainingRun, null=True, on_delete=models.PROTECT, related_name="measurement")
    job = models.OneToOneField(Job, null=True, on_delete=models.PROTECT, related_name="+")
    # {metric: {record: score}, ...} once it is scored.
    scores = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    @property
    def is_done(self) -> bool:
        return bool(self.scores)

    def __str__(self) -> str:
        return self.fingerprint[:12]


class StudyCell(models.Model):
    """One place of a study's grid, and the measurement that fills it."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="cells")
    position = models.PositiveIntegerField()
    arm = models.CharField(max_length=120)
    records = models.PositiveIntegerField()
    seed = models.PositiveBigIntegerField()
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="cells")
    # Its scores were there before the study began: no run was needed.
    is_reused = models.BooleanField(default=False)
    begun_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["study", "position"]
        constraints = [models.UniqueConstraint(fields=["study", "position"], name="one_cell_per_place")]

    def __str__(self) -> str:
        return f"{self.arm}, {self.records} records, seed {self.seed}"


class StudyVerdict(models.Model):
    """Outcome of a study: its sentence and every number behind it."""

    study = models.OneToOneField(Study, primary_key=True, on_delete=models.PROTECT, related_name="verdict")
    body = models.JSONField()
    written_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.body.get("sentence", ""))
