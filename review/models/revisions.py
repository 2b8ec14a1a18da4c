"""An expert asked a teacher to write a draft again."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models.desk import Draft


class RevisionRequest(models.Model):
    """An expert's request that a teacher write a draft again; a job of `generation` does the work."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="revision_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    instruction = models.TextField()
    teacher = models.CharField(max_length=120, blank=True)
    job_id = models.UUIDField(null=True, blank=True, unique=True)
    # The draft that came of it.
    result = models.OneToOneField(Draft, null=True, blank=True, on_delete=models.CASCADE, related_name="asked_by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
