"""One verdict given to many drafts at once, after a preview."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from review.models.tasks import Task


class BulkAct(models.Model):
    """One verdict on many drafts at once, and when it was undone. Its decisions name it; the client makes its id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="bulk_acts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    verdict = models.CharField(max_length=10)
    # How the drafts were found, for the record: filters, a sentence, a cluster.
    selection = models.JSONField(default=dict)
    body_hash = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="bulk_acts_of_task")]

    @property
    def is_done(self) -> bool:
        return bool(self.selection.get("is_done"))

    @property
    def left_out(self) -> dict[str, int]:
        """Number of drafts passed over, by why."""
        return dict(self.selection.get("left_out", {}))
