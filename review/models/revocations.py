"""Samples that must no longer be used. Rows are only added; a trigger refuses anything else."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models.desk import Draft


class Revocation(models.Model):
    """One sample taken out of use, for good: what was frozen or trained with it before is marked, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.OneToOneField(Draft, on_delete=models.DO_NOTHING, related_name="revocation")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    reason = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
