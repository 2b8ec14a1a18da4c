"""Webhooks: hooks, events, and deliveries with their attempts."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from webhooks.states import DeliveryState


class Hook(models.Model):
    """An address that is notified of some events of one task, or of all tasks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    # Empty: every task, which is an admin's to choose. A slug, so that this room needs no key into the one above it.
    task_slug = models.CharField(max_length=60, blank=True)
    events = models.JSONField(default=list)
    # Encrypted under the installation's own key; those before it stay valid for a day, with blanks between them.
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    failures_in_row = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class WebhookEvent(models.Model):
    """Something that happened, once: the log that can be replayed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    # What makes it one event however often it is reported.
    key = models.CharField(max_length=120, unique=True)
    task_slug = models.CharField(max_length=60, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "webhooks_event"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="webhook_events_by_time")]


class Delivery(models.Model):
    """Telling one hook of one event: until it is heard, or for a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    is_replay = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    # Not before; while it is being sent, when another sender may take it for lost.
    next_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["hook", "event"], condition=Q(is_replay=False), name="one_delivery_beside_replays"
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state=DeliveryState.PENDING), name="deliveries_due"),
            models.Index(fields=["hook", "-created_at", "-id"], name="deliveries_of_hook"),
        ]


class Attempt(models.Model):
    """One call of a delivery and what came back. Rows are only added."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    # The beginning of the answer, or why there was none.
    said = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["number"]
