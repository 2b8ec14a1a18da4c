"""Runs on frozen versions, and their checkpoints. How a run goes stands in its job."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from jobs.models import Job
from review.models import DatasetVersion, Task, TaskVersion
from review.spec.task_spec import TaskSpec
from training.models.students import Student
from training.states import Device, RunPurpose


class TrainingRun(models.Model):
    """One tuning of one student on one frozen dataset version, by one recipe."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="training_runs")
    number = models.PositiveIntegerField()
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="training_runs")
    # The newest task version among the rows: its templates are what the miniature is asked with.
    task_version = models.ForeignKey(TaskVersion, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="runs")
    # The miniature whose weights a run on preferences starts from, and the student a distilled one learns from.
    starts_from = models.ForeignKey(
        "Miniature", null=True, blank=True, on_delete=models.PROTECT, related_name="continued_by"
    )
    teacher = models.ForeignKey(Student, null=True, blank=True, on_delete=models.PROTECT, related_name="taught_runs")
    recipe_name = models.CharField(max_length=60)
    recipe = models.JSONField()
    overrides = models.JSONField(default=dict)
    device = models.CharField(max_length=8, choices=Device.choices, default=Device.AUTO)
    purpose = models.CharField(max_length=10, choices=RunPurpose.choices, default=RunPurpose.MINIATURE)
    # {records, seed, rows, rows_sha256} of a run on a part of the training rows; empty: on all of them.
    sample = models.JSONField(default=dict)
    estimate = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    # What it cost by the prices of the day it ended (`training.costs.run_cost`); empty while it runs.
    cost = models.JSONField(default=dict)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="training_run")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="run_number_once_per_task")]
        indexes = [models.Index(fields=["student", "-created_at"], name="runs_of_student")]

    def __str__(self) -> str:
        return f"{self.task.name}, run {self.number}"

    @property
    def taught(self) -> TaskSpec:
        """The task as its student is taught it: without the reasoning where its dataset leaves that out."""
        spec: TaskSpec = self.task_version.spec
        return spec.without_reasoning() if self.dataset_version.drops_reasoning else spec

    @property
    def method(self) -> str:
        return str(self.recipe["method"])

    @property
    def objective(self) -> str:
        """`sft`, `dpo`, `kto`, `distil` or `classify`; runs of releases that knew one objective do not name it."""
        return str(self.recipe.get("objective", "sft"))

    @property
    def is_classifier(self) -> bool:
        """Return whether it tunes an encoder with heads, which writes no text."""
        return self.objective == "classify"

    @property
    def name(self) -> str:
        return f"Run {self.number}"


class Checkpoint(models.Model):
    """A saved state of a run, as its engine reported it.

    The files lie in the attempt's directory, and in storage too where other hosts are to go on from them.
    """

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="checkpoints")
    step = models.PositiveIntegerField()
    fence = models.PositiveIntegerField()
    path = models.CharField(max_length=300)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    # [{path, sha256, bytes}] below `storage_prefix`; empty while it lies on its host alone.
    stored = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["run", "-step"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="checkpoint_once_per_step")]

    @property
    def storage_prefix(self) -> str:
        """Return where its files lie in storage; attempts never share it."""
        return f"checkpoints/{self.run_id}/{self.fence}/{self.step:08d}"
