"""Evidence files that were ordered: the job that makes each, and where it is kept for a few days."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.models import Job
from jobs.states import ENDED_BADLY, FINISHED
from training.models import Miniature


class EvidenceFile(models.Model):
    """A miniature's evidence file, with the dataset's rows or without. Ordered again, it is made anew."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    miniature = models.ForeignKey(Miniature, on_delete=models.CASCADE, related_name="evidence_files")
    with_rows = models.BooleanField()
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="evidence_file")
    # Empty before it is made, and once it has expired or something in it was erased.
    path = models.CharField(max_length=200, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")
    bytes = models.BigIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # How often something that it tells was erased: what was begun before that is not kept.
    erasures = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["miniature", "with_rows"], name="evidence_file_once")]

    def __str__(self) -> str:
        return f"Evidence file of {self.miniature_id}{' with rows' if self.with_rows else ''}"

    @property
    def is_ready(self) -> bool:
        """Whether it can be downloaded."""
        return bool(self.path) and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def state(self) -> str:
        """`being made`, `ready`, `failed`, or `gone`: expired, or erased from since."""
        if self.job.state not in FINISHED:
            return "being made"
        if self.is_ready:
            return "ready"
        return "failed" if self.job.state in ENDED_BADLY else "gone"
