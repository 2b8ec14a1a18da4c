"""Cards shared out among reviewers until a day, and the daily mail that says what waits."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from review.models.desk import Draft
from review.models.tasks import Task


class ShareOut(models.Model):
    """Waiting cards given to several reviewers in one act; its id is made by the client."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="share_outs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # The last day (UTC), the number asked for, and the number given.
    until = models.DateField()
    asked = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    # Since then what was not judged waits for everybody again: by an undo, or since the last day is over.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["task", "-created_at"], name="share_outs_of_task"),
            models.Index(fields=["until"], condition=Q(ended_at__isnull=True), name="share_outs_to_end"),
        ]


class SharePart(models.Model):
    share_out = models.ForeignKey(ShareOut, on_delete=models.CASCADE, related_name="parts")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["share_out", "member"], name="one_part_per_reviewer")]


class SharedCard(models.Model):
    """One card of a part. Who has it now stands on the draft."""

    part = models.ForeignKey(SharePart, on_delete=models.CASCADE, related_name="cards", db_index=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "draft"], name="card_once_per_part")]


class DailyMail(models.Model):
    """The one mail a member gets on a day about what waits for them."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    # Also set where nothing was left to say.
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "day"], name="one_mail_a_day")]
        indexes = [models.Index(fields=["due_at"], condition=Q(sent_at__isnull=True), name="daily_mails_due")]
