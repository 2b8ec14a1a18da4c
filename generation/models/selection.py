"""Drafts that were paid for and kept from the desk, and the best of several."""

from __future__ import annotations

import uuid

from django.db import models

from generation.states import ChosenBy, LeftOutReason
from review.models import Draft, Record


class LeftOut(models.Model):
    """A draft that was paid for and stays off the desk, and because of which other draft."""

    call = models.OneToOneField("generation.Call", primary_key=True, on_delete=models.CASCADE, related_name="left_out")
    order = models.ForeignKey("generation.Order", on_delete=models.CASCADE, related_name="left_out")
    draft = models.OneToOneField(Draft, on_delete=models.CASCADE, related_name="left_out")
    reason = models.CharField(max_length=10, choices=LeftOutReason.choices)
    # The draft it repeats, or the one that was chosen before it.
    because_of = models.ForeignKey(Draft, null=True, on_delete=models.SET_NULL, related_name="+")
    # Share of five-word runs in common with it, 0 to 1, where that is the reason.
    similarity = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "call"]
        indexes = [models.Index(fields=["order", "reason"], name="left_out_by_reason")]

    def __str__(self) -> str:
        return f"{self.reason} {self.call_id}"


class BestOf(models.Model):
    """Choice of a record's drafts that an order put on the desk. A machine's choice: no preference to train on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey("generation.Order", on_delete=models.CASCADE, related_name="best_of")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    chosen = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=10, choices=ChosenBy.choices)
    # Ids of the drafts it was chosen from, itself included, and what the checks say of each: less is better.
    drafts = models.JSONField(default=list)
    weights = models.JSONField(default=dict)
    # The judge's paid call, and the order of the drafts it saw.
    call = models.ForeignKey("generation.Call", null=True, on_delete=models.SET_NULL, related_name="+")
    shown = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["order", "record"], name="one_best_per_record")]

    def __str__(self) -> str:
        return f"{self.chosen_id} by {self.by}"
