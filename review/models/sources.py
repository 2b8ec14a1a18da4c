"""Imports and the records they bring."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models.tasks import Task
from review.states import SourceKind, Split


class ArrivedSources(models.Manager["Source"]):
    """Imports that have ended; one that is still writing is hidden."""

    def get_queryset(self) -> models.QuerySet[Source]:
        return super().get_queryset().filter(arriving_until__isnull=True)


class ArrivedRecords(models.Manager["Record"]):
    """Records of imports that are over."""

    def get_queryset(self) -> models.QuerySet[Record]:
        return super().get_queryset().filter(source__arriving_until__isnull=True)


class Source(models.Model):
    """One import of a file: what came, how its columns were read, and how many rows stayed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="sources")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=10, choices=SourceKind.choices, default=SourceKind.RECORDS)
    filename = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=10)
    mapping = models.JSONField(default=dict)
    # How the file was read and its rows split, as far as the importer said so.
    reading = models.JSONField(null=True, blank=True)
    provenance = models.CharField(max_length=200, blank=True)
    # The job by which a teacher made its records up; empty for what came from outside.
    synthetic_job = models.UUIDField(null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    rows_total = models.PositiveIntegerField(default=0)
    rows_added = models.PositiveIntegerField(default=0)
    rows_known = models.PositiveIntegerField(default=0)
    rows_bad = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Set while its rows are written, a few at a time; an import that goes past it was cut off, and its rows go again.
    arriving_until = models.DateTimeField(null=True, blank=True)

    objects = ArrivedSources()
    everything: models.Manager[Source] = models.Manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["task", "slug"], name="source_slug_once_per_task")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_synthetic(self) -> bool:
        return self.synthetic_job is not None


class Record(models.Model):
    """One input row: a prospect with its facts. Its split is fixed here and never moves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The indexes below begin with them. The source holds its task by a constraint; a second one would slow a large
    # import.
    task = models.ForeignKey(
        Task, on_delete=models.PROTECT, related_name="records", db_index=False, db_constraint=False
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="records", db_index=False)
    row_number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    facts = models.JSONField()
    group = models.CharField(max_length=200)
    # What of its web address belongs to one company: another writing of the name does not hide that it is the same.
    domain = models.CharField(max_length=200, blank=True, default="")
    split = models.CharField(max_length=10, choices=Split.choices)
    content_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    # Once the person it stood for was erased: when, and the hash its facts had.
    erased_at = models.DateTimeField(null=True, blank=True)
    erased_hash = models.CharField(max_length=64, blank=True)

    objects = ArrivedRecords()
    everything: models.Manager[Record] = models.Manager()

    class Meta:
        ordering = ["source", "row_number"]
        constraints = [models.UniqueConstraint(fields=["task", "content_hash"], name="record_once_per_task")]
        indexes = [
            models.Index(fields=["task", "split"]),
            models.Index(fields=["source", "row_number"]),
            models.Index(fields=["task", "group"], name="records_of_group"),
            models.Index(fields=["task", "domain"], condition=~models.Q(domain=""), name="records_of_domain"),
        ]

    def __str__(self) -> str:
        return self.title


class ClaimOrigin(models.Model):
    """The record that a claim record, or a judged draft's, was made of, so that who is erased there is erased here."""

    claim = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="claim_origin")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="claims_made")

    def __str__(self) -> str:
        return f"{self.claim_id} of {self.record_id}"
