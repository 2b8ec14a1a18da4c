"""Mails, and the orders that have them written."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Arm, Campaign, Enrolment, SenderIdentity, Step
from campaigns.models.contacts import Contact
from campaigns.states import HoldReason, MessageState, StopReason
from generation.models import Order
from review.models import Draft, Record


class WriteOrder(models.Model):
    """An order for the drafts of one arm, step and branch; who asks again finds this one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="write_orders")
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="write_orders")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+")
    # Numbers of the mails its readers got before, such as `1,3`; empty where they got every one. Of a step that takes
    # up an answer, with its class: `1:question`.
    branch = models.CharField(max_length=40, blank=True, default="", db_default="")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)


class Message(models.Model):
    """One mail of one step to one contact. `sending` is committed before the wire, so none goes twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="messages")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="messages")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="messages")
    arm = models.ForeignKey(Arm, null=True, on_delete=models.PROTECT, related_name="messages")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="messages")
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.PLANNED)
    stop_reason = models.CharField(max_length=12, choices=StopReason.choices, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    # The facts it is written from where stages made them; none: the contact's record.
    record = models.ForeignKey(Record, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # The draft it came from; its text is read through the decision that resolved it until the mail is made.
    draft = models.ForeignKey(Draft, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    needs_approval = models.BooleanField(default=False)
    # Of a mail with a fixed text, which has no draft to decide on: who approved it, and when.
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    # What went out, filled and signed; emptied when the person is erased.
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    # RFC 5322 Message-ID without angle brackets, made from the row alone.
    message_id = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    # Why it was put off to `due_at` by a cap across campaigns.
    held_because = models.CharField(max_length=12, choices=HoldReason.choices, blank=True, default="", db_default="")
    sending_at = models.DateTimeField(null=True, blank=True)
    # Sender it left from; none: of a campaign that chose among no senders, its own.
    sender = models.ForeignKey(
        SenderIdentity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # The attempt that put it on the wire: the job and its fence.
    sender_job = models.UUIDField(null=True, blank=True)
    sender_fence = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["campaign", "step", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "contact", "step"], name="mail_once"),
            models.UniqueConstraint(fields=["message_id"], condition=~Q(message_id=""), name="message_id_once"),
        ]
        indexes = [
            models.Index(fields=["campaign", "state"], name="mails_by_state"),
            models.Index(
                fields=["campaign", "due_at", "id"], condition=Q(state=MessageState.APPROVED), name="mails_due"
            ),
            models.Index(fields=["campaign", "-created_at", "-id"], name="mails_newest"),
            models.Index(fields=["draft"], name="mails_of_draft"),
            models.Index(fields=["campaign", "sent_at"], name="mails_by_day"),
            models.Index(fields=["sender", "sending_at"], name="mails_of_sender"),
        ]

    @property
    def marks_count(self) -> int:
        return self.draft.marks_count if self.draft is not None else 0
