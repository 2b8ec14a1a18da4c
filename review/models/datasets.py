"""Saved selections of golds, their frozen versions, and recalls: many drafts out of use in one act, and its undo.

Rows of recalls are only added; a trigger refuses anything else.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from jobs.models import Job
from review.models.desk import Decision, Draft
from review.models.tasks import Task
from review.states import DraftState, RecallReturn, Split


class Recall(models.Model):
    """One act that took drafts out of use; its id is made by the client."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="recalls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    # What the drafts have in common: order, teacher, reviewer, since, until.
    criteria = models.JSONField(default=dict)
    reason = models.TextField()
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="recalls_of_task")]


class RecalledDraft(models.Model):
    """One draft of a recall, and where it stood before."""

    recall = models.ForeignKey(Recall, on_delete=models.DO_NOTHING, related_name="recalled")
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="+")
    state_before = models.CharField(max_length=10, choices=DraftState.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "draft"], name="draft_once_per_recall")]


class RecallUndo(models.Model):
    """The undo of a recall: its drafts may be used again, as before or once they are judged anew."""

    recall = models.OneToOneField(Recall, on_delete=models.DO_NOTHING, related_name="undo")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=10, choices=RecallReturn.choices)
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)


class Dataset(models.Model):
    """A named selection of golds of one task."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="datasets")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    filters = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class DatasetVersion(models.Model):
    """A frozen, content-hashed version. Once `frozen_at` is set a trigger refuses every UPDATE and DELETE."""

    # Set by a freeze that made no new version, since nothing changed since this one; no column.
    is_unchanged = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    job = models.OneToOneField(Job, null=True, on_delete=models.DO_NOTHING, related_name="+")
    filters = models.JSONField(default=dict)
    note = models.CharField(max_length=200, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    manifest = models.JSONField(default=dict)
    card = models.TextField(blank=True)
    frozen_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["dataset", "-number"]
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="dataset_version_number_once")]

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None

    @property
    def drops_reasoning(self) -> bool:
        return bool(self.filters.get("reasoning") == "drop")

    def __str__(self) -> str:
        return f"{self.dataset.name} v{self.number}"


class DatasetRow(models.Model):
    """One gold as it stood in one version: the decision whose text was taken; or a draft that a judge accepted."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.DO_NOTHING, related_name="rows")
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="+")
    # None where a judge accepted the draft and no person did.
    decision = models.ForeignKey(Decision, null=True, on_delete=models.DO_NOTHING, related_name="+")
    split = models.CharField(max_length=10, choices=Split.choices)
    row_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "draft"], name="row_once_per_version")]


class UnjudgedRow(models.Model):
    """A draft that nobody had judged when a version was frozen.

    It stands in a file apart and is none of the version's rows.
    """

    version = models.ForeignKey(DatasetVersion, on_delete=models.DO_NOTHING, related_name="unjudged_rows")
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="+")
    row_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "draft"], name="unjudged_row_once_per_version")]


class DatasetFile(models.Model):
    """One canonical file of a version, by split, format and container (JSONL or Parquet).

    Its sha256 is the ETag it is served with.
    """

    version = models.ForeignKey(DatasetVersion, on_delete=models.DO_NOTHING, related_name="files")
    split = models.CharField(max_length=10, choices=Split.choices)
    format = models.CharField(max_length=8)
    container = models.CharField(max_length=8, default="jsonl")
    path = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()
    rows = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "split", "format", "container"], name="one_file_per_format")
        ]


class Revocation(models.Model):
    """One sample taken out of use: what was frozen or trained with it before is marked, never changed.

    One revoked by itself stays so for good; those of a recall come back with its undo.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.OneToOneField(Draft, on_delete=models.DO_NOTHING, related_name="revocation")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    reason = models.TextField()
    recall = models.ForeignKey(Recall, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="revocations")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
