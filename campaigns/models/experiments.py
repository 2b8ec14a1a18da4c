"""Experiment of a campaign, fixed before it starts, and each look at what it has shown so far."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from campaigns.models.campaigns import Campaign
from campaigns.states import Claim, Metric


class Experiment(models.Model):
    """An A/B test over a campaign's arms. Once registered, a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    campaign = models.OneToOneField(Campaign, on_delete=models.PROTECT, related_name="experiment")
    hypothesis = models.CharField(max_length=500)
    claim = models.CharField(max_length=10, choices=Claim.choices, default=Claim.NOT_WORSE)
    metric = models.CharField(max_length=16, choices=Metric.choices, default=Metric.REPLY)
    # Difference in share, e.g. 0.01 for one point: the margin of `not_worse`, the least effect of `better`.
    margin = models.FloatField()
    alpha = models.FloatField(default=0.05)
    power = models.FloatField(default=0.8)
    # What the control is expected to reach, and how alike contacts of one company answer.
    baseline = models.FloatField()
    icc = models.FloatField(default=0.05)
    # Days after its first mail in which what a contact does counts.
    horizon_days = models.PositiveSmallIntegerField(default=14)
    # Everything above with arms, weights, salt and unit, as canonical JSON, and its SHA-256.
    registration = models.JSONField(default=dict)
    registration_sha256 = models.CharField(max_length=64, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+"
    )
    # Of a simulation: what its population was made to do, shown on the page.
    simulated_truth = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.hypothesis


class Look(models.Model):
    """One analysis as it was seen on a day; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    experiment = models.ForeignKey(Experiment, on_delete=models.DO_NOTHING, related_name="looks")
    number = models.PositiveIntegerField()
    is_final = models.BooleanField(default=False)
    result = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["experiment", "-number"]
        constraints = [models.UniqueConstraint(fields=["experiment", "number"], name="look_number_once")]
