"""Rulings of leads, requests to revise, comments and mentions: words on drafts beside verdicts.

Rulings are only added; a trigger refuses anything else.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from review.models.desk import Decision, Draft
from review.models.tasks import Task, TaskVersion
from review.states import RulingKind


class Ruling(models.Model):
    """One word of a lead on one draft; the latest that is no `leave` is in force until the draft is reopened."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="rulings")
    kind = models.CharField(max_length=10, choices=RulingKind.choices)
    # The decision that counts, or that is left aside; none when the draft is reopened.
    decision = models.ForeignKey(Decision, null=True, on_delete=models.DO_NOTHING, related_name="rulings")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="rulings")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision"],
                condition=Q(kind__in=[RulingKind.ADOPT, RulingKind.LEAVE]),
                name="one_ruling_per_late_decision",
            ),
        ]
        indexes = [models.Index(fields=["draft", "created_at"], name="rulings_of_draft")]


class Reconsideration(models.Model):
    """One answer to "do the earlier decisions stand?"; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.DO_NOTHING, related_name="reconsiderations")
    # The version that raised the question.
    task_version = models.ForeignKey(TaskVersion, on_delete=models.DO_NOTHING, related_name="+")
    # Which were asked about again: none (they stand), those newly marked, accepted ones, or rejected for some reasons.
    kind = models.CharField(max_length=10)
    reasons = models.JSONField(default=list, blank=True)
    # How many decisions the question was about, and how many drafts went back to the desk.
    earlier = models.PositiveIntegerField(default=0)
    asked_again = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="reconsiderations_of_task")]


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


class Comment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["draft", "created_at"], name="comments_of_draft")]


class Mention(models.Model):
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "member"], name="one_mention_per_comment")]
        indexes = [
            models.Index(fields=["member"], condition=models.Q(read_at__isnull=True), name="unread_mentions"),
        ]
