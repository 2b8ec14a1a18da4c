"""The trail and its daily seals.

Rows name people and things by id alone, so that erasing a person needs no change here.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class AuditRow(models.Model):
    """One act. Never changed, never deleted: triggers of the database hold it."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.CharField(max_length=36, blank=True)  # a member's id; empty: unknown, or the installation
    act = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
            models.Index(fields=["act", "id"], name="audit_by_act"),
            models.Index(fields=["subject_id", "id"], name="audit_by_subject"),
        ]


class AuditDigest(models.Model):
    """The seal of one UTC day: a hash over its rows and the seal before. Never changed, never deleted."""

    day = models.DateField(primary_key=True)
    rows = models.PositiveIntegerField()
    leaves = models.TextField(
        blank=True
    )  # "id:hash" of each row, hashes cut to 16 digits: they find the row that differs
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
