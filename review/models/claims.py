"""Origins of records that were made of another task's decisions."""

from __future__ import annotations

from django.db import models

from review.models.sources import Record


class ClaimOrigin(models.Model):
    """The record that a claim record, or a judged draft's, was made of, so that who is erased there is erased here."""

    claim = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="claim_origin")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="claims_made")

    def __str__(self) -> str:
        return f"{self.claim_id} of {self.record_id}"
