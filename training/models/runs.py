"""Rows of the training room: students, runs on frozen versions, their checkpoints, and the miniatures they become.

How a run goes stands in its job; nothing here has a state of its own.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from jobs.models import Job
from review.models import DatasetVersion, Task, TaskVersion
from training.models.notices import HostPrice, Notice, Watcher
from training.models.sweeps import Sweep, SweepCell
from training.states import Device, ExportFormat, Method, RunPurpose, StudentSource

__all__ = [
    "Checkpoint", "HostPrice", "Miniature", "Notice", "Student", "Sweep", "SweepCell", "TrainingRun", "Watcher",
]  # fmt: skip


class Student(models.Model):
    """A base model to tune: a folder, or a hub id pinned to a commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=10, choices=StudentSource.choices)
    # The demo student's folder comes with the code, so its row keeps no path of one machine.
    path = models.CharField(max_length=500, blank=True)
    hub_id = models.CharField(max_length=200, blank=True)
    revision = models.CharField(max_length=64, blank=True)
    # SHA-256 over the names and hashes of the files; empty for a hub id, which its commit pins.
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)
    licence = models.CharField(max_length=120, blank=True)
    model_type = models.CharField(max_length=60, blank=True)
    parameters = models.BigIntegerField(null=True, blank=True)
    context_length = models.PositiveIntegerField(null=True, blank=True)
    # Whether one that can think before it answers does; fixed once registered, since miniatures are tuned on it.
    thinks = models.BooleanField(default=False, db_default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_demo(self) -> bool:
        """Whether it is the small student that comes with the product."""
        return self.source == StudentSource.DEMO


class TrainingRun(models.Model):
    """One tuning of one student on one frozen dataset version, by one recipe."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="training_runs")
    number = models.PositiveIntegerField()
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="training_runs")
    # The newest task version among the rows: its templates are what the miniature is asked with.
    task_version = models.ForeignKey(TaskVersion, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="runs")
    # The miniature whose weights a run on preferences goes on from, and the student a distilled one learns from.
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
    # What it cost by the prices of the day it ended (`training.costs.run_cost`); empty while it goes on.
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
    def method(self) -> str:
        """`lora` or `full`."""
        return str(self.recipe["method"])

    @property
    def objective(self) -> str:
        """`sft`, `dpo`, `kto` or `distil`; runs of releases that knew one objective do not name it."""
        return str(self.recipe.get("objective", "sft"))

    @property
    def name(self) -> str:
        """How pages call it."""
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
        """Where its files lie in storage; attempts never share it."""
        return f"checkpoints/{self.run_id}/{self.fence}/{self.step:08d}"


class Miniature(models.Model):
    """A tuned student: its adapter or its weights in storage, and the run it came from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=160)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="miniatures")
    run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="miniature")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="miniatures")
    method = models.CharField(max_length=8, choices=Method.choices)
    storage_prefix = models.CharField(max_length=200)
    files = models.JSONField(default=list)  # [{path, sha256, bytes}], path relative to the prefix
    manifest_sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def summary(self) -> dict[str, Any]:
        """What its run came to."""
        return dict(self.run.summary)


class MiniatureExport(models.Model):
    """A miniature in another program's format, made by a job and kept in storage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    miniature = models.ForeignKey(Miniature, on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(max_length=12, choices=ExportFormat.choices)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="miniature_export")
    storage_prefix = models.CharField(max_length=200, blank=True)
    files = models.JSONField(default=list)  # [{path, sha256, bytes}], path relative to the prefix
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)
    summary = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["format"]
        constraints = [models.UniqueConstraint(fields=["miniature", "format"], name="export_once_per_format")]

    def __str__(self) -> str:
        return f"{self.miniature.name}, {self.get_format_display()}"
