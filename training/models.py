"""Rows of students, runs with their checkpoints, miniatures, sweeps, notices and prices of hosts.

How a run or a sweep goes stands in its job.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from jobs.models import Job
from review.models import DatasetVersion, Task, TaskVersion
from review.spec.task_spec import TaskSpec
from training.states import Device, ExportFormat, Method, RunPurpose, StudentSource


class Student(models.Model):
    """A base model to tune: a folder, or a hub id pinned to a commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=10, choices=StudentSource.choices)
    # The demo's folders come with the code, so their rows keep no path of one machine.
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
        """Return whether it comes with the product: the small student, or the small encoder."""
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


class Sweep(models.Model):
    """Search for the recipe that suits a student and a dataset version: a grid of runs, ranked by validation loss."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="sweeps")
    number = models.PositiveIntegerField()
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+")
    # What every run of it begins with: a miniature that preferences go on from, or whom distillation learns from.
    starts_from = models.ForeignKey(Miniature, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    teacher = models.ForeignKey(Student, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recipe_name = models.CharField(max_length=60)
    # {learning_rate: [...], rank: [...], epochs: [...], share: [...]}; an empty list keeps the recipe's own value.
    grid = models.JSONField()
    device = models.CharField(max_length=8, choices=Device.choices, default=Device.AUTO)
    # One of them at least; what is spent is counted by `training.costs.run_cost`.
    max_hours = models.FloatField(null=True, blank=True)
    max_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    at_once = models.PositiveSmallIntegerField(default=1)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="sweep")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="sweep_number_once_per_task")]
        indexes = [models.Index(fields=["task", "-created_at"], name="sweeps_of_task")]

    def __str__(self) -> str:
        return f"{self.task.name}, sweep {self.number}"

    @property
    def name(self) -> str:
        return f"Sweep {self.number}"


class SweepCell(models.Model):
    """One place of a sweep's grid and the run that fills it, its own or one of an earlier sweep."""

    sweep = models.ForeignKey(Sweep, on_delete=models.CASCADE, related_name="cells")
    position = models.PositiveIntegerField()
    # {learning_rate, rank, epochs, share} as they hold here, the recipe's own values included.
    values = models.JSONField()
    # {name: value}: in what it departs from the preset.
    overrides = models.JSONField(default=dict)
    # {records, seed, rows, rows_sha256}; empty: all training rows.
    sample = models.JSONField(default=dict)
    # Student, data, rows and recipe as one hash: equal cells of two sweeps share a run that ended well.
    fingerprint = models.CharField(max_length=64, db_index=True)
    # Of all hosts of its run together.
    estimated_s = models.FloatField(null=True)
    run = models.ForeignKey(TrainingRun, null=True, on_delete=models.PROTECT, related_name="sweep_cells")
    is_reused = models.BooleanField(default=False)
    begun_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True)
    is_left_out = models.BooleanField(default=False)

    class Meta:
        ordering = ["sweep", "position"]
        constraints = [models.UniqueConstraint(fields=["sweep", "position"], name="one_sweep_cell_per_place")]

    def __str__(self) -> str:
        return f"cell {self.position} of {self.sweep_id}"


class Watcher(models.Model):
    """A member who follows another member's run or sweep."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "member"], name="one_watch_per_member")]


class Notice(models.Model):
    """A mail about a job that ended: written with the end, sent after it, tried again until it is gone or given up."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(sent_at__isnull=True), name="notices_to_send"),
        ]


class HostPrice(models.Model):
    """Price of an hour of a training host. The host `default` stands for every host without a line of its own."""

    host = models.CharField(max_length=64, unique=True)
    usd_per_hour = models.DecimalField(max_digits=10, decimal_places=4)
    note = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["host"]

    def __str__(self) -> str:
        return self.host
