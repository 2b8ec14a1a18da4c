"""Claims that a teacher is asked to check against passages."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from generation.models.orders import Order
from review.models import Task


class ClaimCheck(models.Model):
    """One order for a teacher's answers on claims. The answers stay on its calls, at the places of the claims."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whose budget pays.
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="claim_checks")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="claim_check")
    # Hash of the teacher as it was and of the words it was asked in: equal ones need not be asked twice.
    asked_as = models.CharField(max_length=64, db_index=True)
    claims = models.JSONField(default=list)  # [[passage, text]], fixed at launch
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{len(self.claims)} claims for {self.order.teacher_spec.get('name', '')}"
