"""Answers that people write to replies, which tasks help with them, and the records that were made of replies."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from campaigns.models.events import Reply
from campaigns.states import AnswerState, StopReason
from generation.models import Order, Teacher
from review.models import Draft, Record, Task

UNSETTLED = (AnswerState.OPEN, AnswerState.APPROVED, AnswerState.SENDING, AnswerState.UNKNOWN)


class InboxSetup(models.Model):
    """Tasks that the inbox of a campaign works with; a campaign without one answers by hand and keeps no golds."""

    campaign = models.OneToOneField(Campaign, primary_key=True, on_delete=models.CASCADE, related_name="inbox_setup")
    # Where a class that a person said becomes a gold.
    sorting_task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Who drafts an answer, and by which task.
    answer_task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer_teacher = models.ForeignKey(Teacher, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)


class ReplyRecord(models.Model):
    """A record that was made of one reply, in a task that reads, sorts or answers replies; no two replies share one."""

    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="records")
    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)


class InboxAnswer(models.Model):
    """One answer to one reply. `sending` is committed before the wire, so none goes twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="answers")
    state = models.CharField(max_length=10, choices=AnswerState.choices, default=AnswerState.OPEN)
    stop_reason = models.CharField(max_length=12, choices=StopReason.choices, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    # As it was written, with slots.
    body = models.TextField(blank=True)
    # What went out, filled and signed. All three are emptied when the person is erased.
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    # Grows with each change of the words: who saves or sends names the one they have read.
    revision = models.PositiveIntegerField(default=0)
    # Of one that a model drafted: what was ordered, at which revision, and the draft that came of it.
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ordered_at_revision = models.PositiveIntegerField(default=0)
    draft = models.ForeignKey(Draft, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # RFC 5322 Message-ID without angle brackets, made from the row alone.
    message_id = models.CharField(max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True, blank=True)
    # The attempt that put it on the wire: the job and its fence.
    sender_job = models.UUIDField(null=True, blank=True)
    sender_fence = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["reply"], condition=Q(state__in=UNSETTLED), name="one_open_answer"),
            models.UniqueConstraint(fields=["message_id"], condition=~Q(message_id=""), name="answer_message_id_once"),
        ]
