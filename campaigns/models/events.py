"""Events of mails, append-only and raw, and answers to replies. Totals are read from these rows, kept nowhere else."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign, Enrolment
from campaigns.models.messages import Message
from campaigns.states import OUTCOMES, AnswerState, EventKind, EventSource, ReplyClass, StopReason, UnmatchedState
from generation.models import Order, Teacher
from review.models import Draft, Record, Task


class Event(models.Model):
    """Something that happened to a mail; a trigger refuses UPDATE and DELETE. `key` makes telling it twice harmless."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="events")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.DO_NOTHING, related_name="events")
    message = models.ForeignKey(Message, on_delete=models.DO_NOTHING, related_name="events")
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    source = models.CharField(max_length=8, choices=EventSource.choices)
    # Unique over what tells it: the provider's event id, the mail's own Message-ID, a hash of link and second.
    key = models.CharField(max_length=120, unique=True)
    # By a mail scanner or an automaton, as far as that can be told: shown apart, counted for nothing.
    is_machine = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    # As it came, without text of the person: that stands on the reply, where erasure reaches it.
    payload = models.JSONField(default=dict)

    class Meta:
        ordering = ["occurred_at", "id"]
        indexes = [
            models.Index(fields=["campaign", "kind", "occurred_at"], name="events_by_kind"),
            models.Index(fields=["message", "occurred_at"], name="events_of_mail"),
            models.Index(fields=["enrolment", "kind"], name="events_of_enrolment"),
        ]


class HoldoutOutcome(models.Model):
    """Outcome of a contact without mail, as the customer's own systems report it; a trigger refuses any change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="holdout_outcomes")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.DO_NOTHING, related_name="holdout_outcomes")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.label) for kind in OUTCOMES])
    # Contact, kind and moment: told twice, it counts once.
    key = models.CharField(max_length=120, unique=True)
    value_usd = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["occurred_at", "id"]
        indexes = [models.Index(fields=["campaign", "kind"], name="holdout_outcomes_by_kind")]


class Reply(models.Model):
    """Reply of a contact, and what it was taken to mean."""

    event = models.OneToOneField(Event, primary_key=True, on_delete=models.DO_NOTHING, related_name="reply")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="replies")
    subject = models.CharField(max_length=300, blank=True)
    # Without quoted text; emptied when the person is erased.
    text = models.TextField(blank=True)
    meaning = models.CharField(max_length=16, choices=ReplyClass.choices, blank=True)
    # `rules`, a model's label, or the name of the member who corrected it.
    meant_by = models.CharField(max_length=120, blank=True)
    # Why a member took a wish to hear no more back; emptied when the person is erased.
    meant_why = models.CharField(max_length=300, blank=True, default="", db_default="")
    # The rules are not sure: a person reads it first.
    is_unsure = models.BooleanField(default=False, db_default=False)
    # It may ask to leave: no mail goes to the address until a member has said what it means.
    may_be_optout = models.BooleanField(default=False, db_default=False)
    classified_at = models.DateTimeField(null=True, blank=True)
    # When a member last said what it means; None where only rules and models did.
    corrected_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "replies"
        indexes = [
            models.Index(
                fields=["corrected_at"], name="replies_corrected", condition=models.Q(corrected_at__isnull=False)
            ),
            models.Index(fields=["message"], name="replies_in_doubt", condition=models.Q(may_be_optout=True)),
        ]


class UnmatchedReply(models.Model):
    """Mail from an address that got none of ours, at a company that did.

    A person attaches it to a contact, or sets it aside.

    It is kept once, at the campaign that wrote to the company last. Once settled it holds no words and no address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="unmatched_replies")
    # Digest of sender and Message-ID: told twice, it is kept once.
    key = models.CharField(max_length=64, unique=True)
    message_id = models.CharField(max_length=300)
    sender = models.CharField(max_length=254, blank=True)
    sender_hmac = models.CharField(max_length=64, db_index=True)
    cluster = models.CharField(max_length=254)
    subject = models.CharField(max_length=300, blank=True)
    # Without quoted text.
    text = models.TextField(blank=True)
    auto_reason = models.CharField(max_length=300, blank=True)
    # What the rules read: shown to who decides. A wish, plain or possible, holds the mails to the company meanwhile.
    meaning = models.CharField(max_length=16, choices=ReplyClass.choices)
    may_be_optout = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=9, choices=UnmatchedState.choices, default=UnmatchedState.OPEN)
    attached_to = models.ForeignKey(Reply, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_by = models.CharField(max_length=120, blank=True)
    # Why it asks for nothing, where it might have asked to leave.
    settled_why = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-may_be_optout", "created_at", "id"]
        verbose_name_plural = "unmatched replies"
        indexes = [
            models.Index(fields=["campaign"], name="unmatched_open", condition=models.Q(state=UnmatchedState.OPEN)),
            models.Index(
                fields=["cluster"],
                name="unmatched_in_doubt",
                condition=models.Q(state=UnmatchedState.OPEN, may_be_optout=True),
            ),
        ]


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
