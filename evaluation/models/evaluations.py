"""Suites, evaluations of training runs with every output they scored, openings of test splits, and gates of tasks.

The state of an evaluation is that of its job. Gates are only added, so that earlier requirements stay.
"""

from __future__ import annotations

import uuid
from typing import Final

from django.conf import settings
from django.db import models

from evaluation.states import SuiteKind, SystemKind
from generation.models import Order
from jobs.models import Job
from jobs.states import JobState
from review.models import DatasetVersion, Record, Task, TaskVersion
from review.states import Split
from training.models import TrainingRun


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


# What all planned openings of a test split together may mislead.
ERROR: Final = 0.05


class Evaluation(models.Model):
    """Scores of one run, its base and its teacher on held-out records."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="evaluations")
    run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="evaluations")
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    task_version = models.ForeignKey(TaskVersion, on_delete=models.PROTECT, related_name="+")
    # The order that had the teacher write afresh; the engine starts when it has ended.
    teacher_order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="+")
    teacher_note = models.CharField(max_length=300, blank=True)
    job = models.OneToOneField(Job, null=True, on_delete=models.PROTECT, related_name="evaluation")
    # Those kept before splits were told apart are of the test split.
    split = models.CharField(max_length=10, choices=Split.choices, default=Split.TEST, db_default=Split.TEST)
    # Of whose cases it is; of the split's own records where it is none.
    suite = models.ForeignKey(Suite, null=True, blank=True, on_delete=models.PROTECT, related_name="evaluations")
    # Which baselines it has beside those of values and the bare base (`evaluation.states.Baseline`).
    baselines = models.JSONField(default=list, db_default=[])
    # Fixed when it is ordered: two evaluations can be compared when these are equal.
    record_ids = models.JSONField(default=list)
    records_hash = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    summary = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="evaluations_of_task")]

    @property
    def is_done(self) -> bool:
        return bool(self.summary)

    @property
    def is_cancelled(self) -> bool:
        """Return whether its job was cancelled, so that it will tell nothing."""
        return self.job is not None and self.job.state == JobState.CANCELLED

    @property
    def host_id(self) -> str:
        """Host that its engine runs on; empty before one has claimed it."""
        return self.job.host_id if self.job else ""

    def __str__(self) -> str:
        return f"Evaluation of {self.run}"


class SplitOpening(models.Model):
    """One opening of a task's test split: never changed, never removed.

    The first one of a task says how many are planned; each of those is at level 1 - 0.05 / planned.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="test_openings")
    evaluation = models.OneToOneField(Evaluation, on_delete=models.PROTECT, related_name="opening")
    number = models.PositiveIntegerField()
    planned = models.PositiveIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["task", "number"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="one_opening_of_a_number")]

    @property
    def level(self) -> float:
        """Level of its intervals: the error of 5 % is spent in equal parts (Bonferroni)."""
        return 1 - ERROR / self.planned

    @property
    def is_exploratory(self) -> bool:
        """Return whether it came after those that were planned, so that it gives no verdict."""
        return self.number > self.planned

    def __str__(self) -> str:
        return f"Opening {self.number} of {self.task}"


class EvaluationOutput(models.Model):
    """Output of one system for one held-out record, and its scores."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="outputs")
    system = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=SystemKind.choices)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    fields = models.JSONField(null=True)
    error = models.CharField(max_length=300, blank=True)
    marks = models.JSONField(default=list)
    seconds = models.FloatField(default=0)
    cost_usd = models.FloatField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    scores = models.JSONField(default=dict)

    class Meta:
        ordering = ["evaluation", "record", "id"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "system", "record"], name="one_output_per_system_and_record")
        ]


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
