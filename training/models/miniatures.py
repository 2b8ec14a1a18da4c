"""Tuned students, and their exports to the formats of other programs."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from jobs.models import Job
from review.models import Task
from training.models.runs import TrainingRun
from training.models.students import Student
from training.states import ExportFormat, Method


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
