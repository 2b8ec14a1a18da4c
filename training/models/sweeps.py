"""Rows of sweeps: a grid of runs under one budget, and its cells. How one goes stands in its job."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from jobs.models import Job
from review.models import DatasetVersion, Task
from training.states import Device


class Sweep(models.Model):
    """Search for the recipe that suits a student and a dataset version: a grid of runs, ranked by validation loss."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="sweeps")
    number = models.PositiveIntegerField()
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey("training.Student", on_delete=models.PROTECT, related_name="+")
    # What every run of it begins with: a miniature that preferences go on from, or whom distillation learns from.
    starts_from = models.ForeignKey(
        "training.Miniature", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    teacher = models.ForeignKey("training.Student", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
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
    run = models.ForeignKey("training.TrainingRun", null=True, on_delete=models.PROTECT, related_name="sweep_cells")
    is_reused = models.BooleanField(default=False)
    begun_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True)
    is_left_out = models.BooleanField(default=False)

    class Meta:
        ordering = ["sweep", "position"]
        constraints = [models.UniqueConstraint(fields=["sweep", "position"], name="one_sweep_cell_per_place")]

    def __str__(self) -> str:
        return f"cell {self.position} of {self.sweep_id}"
