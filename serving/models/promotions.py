"""Miniatures that are served, since when and by whom, and what was asked of them.

How serving goes stands in its jobs and in the engines; nothing here repeats it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from review.models import Task
from serving.states import LONGEST_REASON, Act
from training.models import Miniature


class Promotion(models.Model):
    """Promotion of a miniature or its end. Rows are only added; a miniature's newest one counts."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="promotions")
    miniature = models.ForeignKey(Miniature, on_delete=models.PROTECT, related_name="promotions")
    act = models.CharField(max_length=8, choices=Act.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    # Why a lead promoted it though it did not pass its task's gate, and what stood in the way; empty where it passed.
    override_reason = models.CharField(max_length=LONGEST_REASON, blank=True, default="", db_default="")
    overridden = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["miniature", "-id"], name="promotions_of_miniature")]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.miniature}"


class Usage(models.Model):
    """Requests of one token of one member to one miniature on one day (UTC)."""

    day = models.DateField()
    miniature = models.ForeignKey(Miniature, on_delete=models.CASCADE, related_name="usage")
    # Null for the product's own engines.
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # The first characters of the token, `page` for the playground, `internal` for the product's own engines.
    token = models.CharField(max_length=40)
    requests = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)
    cancelled = models.PositiveBigIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["day", "miniature", "token"], name="usage_once_a_day_and_token"),
        ]
